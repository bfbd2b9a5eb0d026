// Package deploytest reads the templates of the examples with other people's tools: those
// of AWS SAM and CloudFormation with the AWS CDK, that of the Serverless Framework with the
// framework itself, and those of Terraform with HCL's own parser and formatter; and it asks
// make what it would build. None needs an account. It is a module of its own, so that these
// are no requirements of the library.
//
// What none of them checks: whether AWS takes a value, such as the name of a metric or a
// combination of settings, and, for Terraform, whether its providers know a block, an
// argument or an attribute. The last was checked once, by hand, against the bindings of the
// providers hashicorp/aws 6.25.0 and hashicorp/http that CDKTF publishes (npm's
// @cdktf/provider-aws 21.22.1 and @cdktf/provider-http 10.0.1): nothing is unknown, and
// nothing that is required is missing. Terraform 1.11.4, built from its Go module, reads
// and formats the modules; its validate needs the providers, and has not been run.
package deploytest
