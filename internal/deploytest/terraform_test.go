package deploytest_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

const issuer = "../../examples/selfissued/terraform"

// folders are those of all modules.
var folders = []string{issuer, "../../examples/deploy/rest", "../../examples/deploy/http", "../../examples/deploy/websocket"}

// A module is one of Terraform's.
type module struct {
	files  map[string][]byte
	bodies map[string]*hclsyntax.Body
	blocks map[string]*hclsyntax.Block // by address, such as "aws_s3_bucket.main", "data.http.published", "variable.zone"
}

func readModule(t *testing.T, folder string) *module {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*.tf"))
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	m := &module{files: map[string][]byte{}, bodies: map[string]*hclsyntax.Body{}, blocks: map[string]*hclsyntax.Block{}}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, diagnostics := hclsyntax.ParseConfig(text, name, hcl.InitialPos)
		if diagnostics.HasErrors() {
			t.Fatal(diagnostics)
		}
		m.files[name], m.bodies[name] = text, file.Body.(*hclsyntax.Body)
		for _, block := range m.bodies[name].Blocks {
			address := strings.Join(block.Labels, ".")
			if block.Type != "resource" {
				address = strings.TrimSuffix(block.Type+"."+address, ".")
			}
			if block.Type == "provider" && block.Body.Attributes["alias"] != nil {
				address += "." + m.textOf(block.Body.Attributes["alias"].Expr)
			}
			if m.blocks[address] != nil && block.Type != "locals" {
				t.Errorf("%s is there twice", address)
			}
			m.blocks[address] = block
		}
	}
	return m
}

// textOf returns an expression as it is written, without the quotes of a plain string.
func (m *module) textOf(expression hcl.Expression) string {
	at := expression.Range()
	text := string(at.SliceBytes(m.files[at.Filename]))
	if unquoted := strings.Trim(text, `"`); !strings.Contains(unquoted, `"`) {
		return unquoted
	}
	return text
}

// attribute returns an attribute by the address of its block and the names of the blocks
// within, "" if it is not there.
func (m *module) attribute(address string, path ...string) string {
	block := m.blocks[address]
	if block == nil {
		return ""
	}
	body := block.Body
	for _, name := range path[:len(path)-1] {
		i := slices.IndexFunc(body.Blocks, func(b *hclsyntax.Block) bool { return b.Type == name })
		if i < 0 {
			return ""
		}
		body = body.Blocks[i].Body
	}
	attribute := body.Attributes[path[len(path)-1]]
	if attribute == nil {
		return ""
	}
	return m.textOf(attribute.Expr)
}

func TestTheModulesAreWrittenAsTerraformFormatsThem(t *testing.T) {
	for _, folder := range folders {
		for name, text := range readModule(t, folder).files {
			if formatted := hclwrite.Format(text); !bytes.Equal(formatted, text) {
				t.Errorf("terraform fmt would change %s", name)
			}
		}
	}
}

func TestEveryReferenceOfAModuleIsToSomethingThatIsThere(t *testing.T) {
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) { checkReferences(t, readModule(t, folder)) })
	}
}

func checkReferences(t *testing.T, m *module) {
	t.Helper()
	used := map[string]bool{}
	for _, body := range m.bodies {
		for _, v := range variables(body) {
			address, known := m.resolve(v)
			if !known {
				t.Errorf("%s: there is no %s", v.SourceRange(), address)
			}
			used[address] = true
		}
	}
	for address, block := range m.blocks {
		if (block.Type == "variable" || block.Type == "data") && !used[address] {
			t.Errorf("%s is not used", address)
		}
	}
}

// variables returns all references in a body, without those to what an expression itself
// names, such as the o of "for o in".
func variables(body *hclsyntax.Body) (all []hcl.Traversal) {
	for _, attribute := range body.Attributes {
		all = append(all, attribute.Expr.Variables()...)
	}
	for _, block := range body.Blocks {
		if block.Type != "required_providers" {
			all = append(all, variables(block.Body)...)
		}
	}
	return all
}

// resolve returns the address that a reference leads to, and whether there is such a block.
func (m *module) resolve(v hcl.Traversal) (address string, known bool) {
	parts := []string{v.RootName()}
	for _, step := range v[1:] {
		if name, isName := step.(hcl.TraverseAttr); isName {
			parts = append(parts, name.Name)
			continue
		}
		break
	}
	take := func(n int) string { return strings.Join(parts[:min(n, len(parts))], ".") }
	switch parts[0] {
	case "each", "self":
		return take(2), len(parts) > 1
	case "var":
		address = "variable." + strings.Join(parts[1:2], ".")
	case "local":
		for _, body := range m.bodies {
			for _, block := range body.Blocks {
				if block.Type == "locals" && len(parts) > 1 && block.Body.Attributes[parts[1]] != nil {
					return take(2), true
				}
			}
		}
		return take(2), false
	case "data":
		address = take(3)
	case "aws": // a provider
		address = "provider." + take(2)
	case "string", "map": // a variable's type
		return take(1), true
	default:
		address = take(2)
	}
	return address, m.blocks[address] != nil
}

func TestTheDocumentsMistakesAreMended(t *testing.T) {
	m := readModule(t, issuer)
	const distribution, bucket = "aws_cloudfront_distribution.main", "aws_s3_bucket.main"
	for name, test := range map[string]struct {
		address string
		path    []string
		want    string
	}{
		"the alias is the domain and no text about it":  {distribution, []string{"aliases"}, "[var.domain]"},
		"the certificate is one that has been issued":   {distribution, []string{"viewer_certificate", "acm_certificate_arn"}, "aws_acm_certificate_validation.main.certificate_arn"},
		"by a provider of the Region of CloudFront":     {"aws_acm_certificate.main", []string{"provider"}, "aws.us_east_1"},
		"which is this one":                             {"provider.aws.us_east_1", []string{"region"}, "us-east-1"},
		"for the issuer's domain":                       {"aws_acm_certificate.main", []string{"domain_name"}, "var.domain"},
		"TLS as of today":                               {distribution, []string{"viewer_certificate", "minimum_protocol_version"}, "TLSv1.2_2021"},
		"nothing without TLS, not even a redirect":      {distribution, []string{"default_cache_behavior", "viewer_protocol_policy"}, "https-only"},
		"reading alone":                                 {distribution, []string{"default_cache_behavior", "allowed_methods"}, `["GET", "HEAD"]`},
		"the origin that there is":                      {distribution, []string{"default_cache_behavior", "target_origin_id"}, "local.origin"},
		"under the same name":                           {distribution, []string{"origin", "origin_id"}, "local.origin"},
		"access control and no access identity":         {distribution, []string{"origin", "origin_access_control_id"}, "aws_cloudfront_origin_access_control.main.id"},
		"a bucket by its Region":                        {distribution, []string{"origin", "domain_name"}, `aws_s3_bucket.main["public"].bucket_regional_domain_name`},
		"an error is no page":                           {distribution, []string{"custom_error_response", "response_code"}, ""},
		"nor has the root one":                          {distribution, []string{"default_root_object"}, ""},
		"caches forget in five minutes":                 {"aws_cloudfront_cache_policy.main", []string{"max_ttl"}, "300"},
		"and without being told":                        {"aws_cloudfront_cache_policy.main", []string{"default_ttl"}, "300"},
		"types are not guessed":                         {"aws_cloudfront_response_headers_policy.main", []string{"security_headers_config", "content_type_options", "override"}, "true"},
		"signed requests to the bucket":                 {"aws_cloudfront_origin_access_control.main", []string{"signing_behavior"}, "always"},
		"no access lists, which new buckets refuse":     {bucket, []string{"acl"}, ""},
		"the owner owns all objects":                    {"aws_s3_bucket_ownership_controls.main", []string{"rule", "object_ownership"}, "BucketOwnerEnforced"},
		"CloudFront reads, and lists nothing":           {"data.aws_iam_policy_document.public", []string{"statement", "actions"}, `["s3:GetObject"]`},
		"and reads nothing else":                        {"data.aws_iam_policy_document.public", []string{"statement", "resources"}, `["${aws_s3_bucket.main["public"].arn}/.well-known/*"]`},
		"and this distribution alone":                   {"data.aws_iam_policy_document.public", []string{"statement", "condition", "values"}, "[aws_cloudfront_distribution.main.arn]"},
		"the policy is attached":                        {"aws_s3_bucket_policy.public", []string{"policy"}, "data.aws_iam_policy_document.public.json"},
		"the files are what keys publish writes":        {"aws_s3_object.published", []string{"source"}, "${var.published}/.well-known/${each.key}"},
		"and change when those do":                      {"aws_s3_object.published", []string{"etag"}, `filemd5("${var.published}/.well-known/${each.key}")`},
		"discovery under its path, which has a dot":     {"aws_s3_object.published", []string{"key"}, ".well-known/${each.key}"},
		"and its type, though it has no extension":      {"aws_s3_object.published", []string{"content_type"}, "application/json"},
		"for no longer than the margin of the schedule": {"aws_s3_object.published", []string{"cache_control"}, "public, max-age=300"},
		"nobody learns of an issuer that is not there":  {"aws_ssm_parameter.main", []string{"depends_on"}, "[data.http.published]"},
		"which is read once all is there":               {"data.http.published", []string{"depends_on"}, "[aws_route53_record.main, aws_s3_bucket_policy.public]"},
		"both address families":                         {"aws_route53_record.main", []string{"for_each"}, `toset(["A", "AAAA"])`},
		"an alias for the domain itself":                {"aws_route53_record.main", []string{"name"}, "var.domain"},
	} {
		if got := m.attribute(test.address, test.path...); got != test.want {
			t.Errorf("%s: %s %s is %s, want %s", name, test.address, strings.Join(test.path, "."), got, test.want)
		}
	}
	for _, block := range []string{"block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"} {
		if got := m.attribute("aws_s3_bucket_public_access_block.main", block); got != "true" {
			t.Errorf("%s is %s", block, got)
		}
	}
	if m.attribute("aws_s3_bucket_public_access_block.main", "for_each") != bucket {
		t.Error("a bucket may become public")
	}
}

func TestTheParametersAreWhatTheFrameworkAsksFor(t *testing.T) {
	m := readModule(t, issuer)
	names := m.attribute("aws_ssm_parameter.main", "name")
	values := m.attribute("aws_ssm_parameter.main", "for_each")
	for variable := range inSSM {
		name := strings.TrimSuffix(variable[strings.LastIndex(variable, "/")+1:], "}")
		want := strings.NewReplacer("${ssm:", "", "${sls:stage}", "${var.environment}", name+"}", "${each.key}").Replace(variable)
		if names != want || !strings.Contains(values, name+" ") {
			t.Errorf("%s: the module has %s for %s", variable, names, values)
		}
	}
	if said := fmt.Sprint(values); !strings.Contains(said, "issuer   = local.issuer\n") {
		t.Error(said)
	}
	for _, body := range m.bodies {
		for _, block := range body.Blocks {
			if block.Type == "locals" && block.Body.Attributes["issuer"] != nil {
				if got := m.textOf(block.Body.Attributes["issuer"].Expr); got != "https://${var.domain}" {
					t.Errorf("the issuer is %s", got)
				}
			}
		}
	}
}

// Whoever may plan may read the state.
func TestNoPrivateKeyIsInTheState(t *testing.T) {
	m := readModule(t, issuer)
	for address := range m.blocks {
		if strings.HasPrefix(address, "aws_secretsmanager_secret_version") || strings.HasPrefix(address, "tls_") {
			t.Errorf("%s is in the state", address)
		}
	}
	if m.blocks["aws_secretsmanager_secret.keys"] == nil {
		t.Error("there is no secret")
	}
	for name, text := range m.files {
		for _, word := range []string{"PRIVATE", "private.key", ".pem"} {
			if strings.Contains(string(text), word) {
				t.Errorf("%s has %s", name, word)
			}
		}
	}
}

func TestTheGuidesModulesPutTheAuthorizerBeforeTheAPI(t *testing.T) {
	for folder, kind := range map[string]string{
		"rest": "aws_api_gateway_authorizer.main", "http": "aws_apigatewayv2_authorizer.main", "websocket": "aws_apigatewayv2_authorizer.main",
	} {
		m := readModule(t, "../../examples/deploy/"+folder)
		for attribute, want := range map[[2]string]string{
			{kind, "name"}: "var.name",
			{"aws_lambda_function.authorizer", "function_name"}:                  "var.name",
			{kind, "authorizer_uri"}:                                             "aws_lambda_function.authorizer.invoke_arn",
			{"aws_lambda_permission.authorizer", "principal"}:                    "apigateway.amazonaws.com",
			{"aws_lambda_function.authorizer", "architectures"}:                  `["arm64"]`,
			{"aws_lambda_function.authorizer", "reserved_concurrent_executions"}: "20",
			{"aws_cloudwatch_log_group.authorizer", "retention_in_days"}:         "30",
			{"data.aws_iam_policy_document.log", "statement resources"}:          `["${aws_cloudwatch_log_group.authorizer.arn}:*"]`,
		} {
			if got := m.attribute(attribute[0], strings.Fields(attribute[1])...); got != want {
				t.Errorf("%s: %s %s is %s, want %s", folder, attribute[0], attribute[1], got, want)
			}
		}
		if source := m.attribute("aws_lambda_permission.authorizer", "source_arn"); !strings.HasSuffix(source, ":${var.api}/authorizers/${"+kind+".id}") {
			t.Errorf("%s: whoever is %s may call", folder, source)
		}
	}
}

func TestTheGuidesModuleBlockSetsVariablesThatEachModuleHas(t *testing.T) {
	text, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(text), "```hcl\n")
	block, _, _ = strings.Cut(block, "```\n")
	if formatted := hclwrite.Format([]byte(block)); string(formatted) != block {
		t.Errorf("terraform fmt would change it to\n%s", formatted)
	}
	file, diagnostics := hclsyntax.ParseConfig([]byte(block), guide, hcl.InitialPos)
	if diagnostics.HasErrors() || len(file.Body.(*hclsyntax.Body).Blocks) != 1 {
		t.Fatal(diagnostics, block)
	}
	set := file.Body.(*hclsyntax.Body).Blocks[0].Body.Attributes
	for _, folder := range []string{"rest", "http", "websocket"} {
		m := readModule(t, "../../examples/deploy/"+folder)
		for name := range set {
			if name != "source" && m.blocks["variable."+name] == nil {
				t.Errorf("%s has no variable %s", folder, name)
			}
		}
		for address, variable := range m.blocks {
			name, is := strings.CutPrefix(address, "variable.")
			if is && set[name] == nil && variable.Body.Attributes["default"] == nil {
				t.Errorf("%s needs %s", folder, name)
			}
		}
	}
}
