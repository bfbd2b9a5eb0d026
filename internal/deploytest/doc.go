// Package deploytest reads the templates of the examples with other people's tools: those
// of AWS SAM and CloudFormation with the AWS CDK, that of the Serverless Framework with the
// framework itself, and those of Terraform with HCL's own parser and formatter. None needs
// an account. It is a module of its own, so that these are no requirements of the library.
//
// What none of them checks: whether AWS takes a value, such as the name of a metric or a
// combination of settings, and, for Terraform, whether its providers know a block, an
// argument or an attribute.
package deploytest
