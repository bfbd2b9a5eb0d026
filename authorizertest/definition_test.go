package authorizertest_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/authorizertest"
)

// One API, as each tool writes it.
func TestTheGatewayResponsesOfADefinitionAreThoseOfTheAPI(t *testing.T) {
	want := map[string]authorizertest.GatewayResponse{
		"UNAUTHORIZED": {
			StatusCode: 401, Headers: map[string]string{"Access-Control-Allow-Origin": "'*'", "X-Request": "context.requestId"},
			Templates: map[string]string{"application/json": `{"message":$context.error.messageString}`},
		},
		"DEFAULT_4XX": {Headers: map[string]string{"Access-Control-Allow-Origin": "'*'"}},
	}
	openAPI := `{"UNAUTHORIZED":{"statusCode":"401",
		"responseParameters":{"gatewayresponse.header.Access-Control-Allow-Origin":"'*'","gatewayresponse.header.X-Request":"context.requestId"},
		"responseTemplates":{"application/json":"{\"message\":$context.error.messageString}"}},
		"DEFAULT_4XX":{"responseParameters":{"gatewayresponse.header.Access-Control-Allow-Origin":"'*'"}}}`
	sam := `{"UNAUTHORIZED":{"StatusCode":401,
		"ResponseParameters":{"Headers":{"Access-Control-Allow-Origin":"'*'","X-Request":"context.requestId"}},
		"ResponseTemplates":{"application/json":"{\"message\":$context.error.messageString}"}},
		"DEFAULT_4XX":{"StatusCode":null,"ResponseTemplates":null,"ResponseParameters":{"Headers":{"Access-Control-Allow-Origin":"'*'"}}}}`
	for name, text := range map[string]string{
		"OpenAPI":              `{"openapi":"3.0.1","paths":{"/orders":{"get":{"responses":{"401":{}}}}},"x-amazon-apigateway-gateway-responses":` + openAPI + `}`,
		"SAM":                  `{"Transform":"AWS::Serverless-2016-10-31","Resources":{"Api":{"Type":"AWS::Serverless::Api","Properties":{"StageName":"prod","GatewayResponses":` + sam + `}}}}`,
		"SAM's globals":        `{"Globals":{"Api":{"GatewayResponses":` + sam + `}},"Resources":{}}`,
		"the block alone":      `{"GatewayResponses":` + sam + `}`,
		"OpenAPI within SAM":   `{"Resources":{"Api":{"Type":"AWS::Serverless::Api","Properties":{"DefinitionBody":{"x-amazon-apigateway-gateway-responses":` + openAPI + `}}}}}`,
		"OpenAPI in a list":    `{"Fn::If":["Prod",{"x-amazon-apigateway-gateway-responses":` + openAPI + `},{}]}`,
		"a mixture of letters": strings.Replace(`{"GatewayResponses":`+sam+`}`, `"StatusCode":401`, `"statusCode":"401"`, 1),
		"CloudFormation": `{"Resources":{
			"A":{"Type":"AWS::ApiGateway::GatewayResponse","Properties":{"RestApiId":{"Ref":"Api"},"ResponseType":"UNAUTHORIZED","StatusCode":"401",
				"ResponseParameters":{"gatewayresponse.header.Access-Control-Allow-Origin":"'*'","gatewayresponse.header.X-Request":"context.requestId"},
				"ResponseTemplates":{"application/json":"{\"message\":$context.error.messageString}"}}},
			"B":{"Type":"AWS::ApiGateway::GatewayResponse","Properties":{"RestApiId":{"Ref":"Api"},"ResponseType":"DEFAULT_4XX",
				"ResponseParameters":{"gatewayresponse.header.Access-Control-Allow-Origin":"'*'"}}},
			"C":{"Type":"AWS::Lambda::Function","Properties":{"Code":{"ZipFile":{"Fn::Sub":"x"}}}}}}`,
	} {
		got, err := authorizertest.ParseGatewayResponses([]byte(text))
		if byDefault := got["DEFAULT_4XX"]; len(byDefault.Templates) == 0 && err == nil {
			byDefault.Templates = nil
			got["DEFAULT_4XX"] = byDefault
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
		if err == nil {
			withResponses(t, got)
		}
	}
}

func TestADefinitionThatCannotBeTakenOverIsAnError(t *testing.T) {
	for want, text := range map[string]string{
		"no JSON":              "GatewayResponses:\n  UNAUTHORIZED: {}\n",
		"no JSON: ":            ``,
		"there are none":       `{"Resources":{"Api":{"Type":"AWS::Serverless::Api","Properties":{}}}}`,
		"there are none in":    `[]`,
		"there are none in it": `"GatewayResponses"`,
		"is there twice":       `{"a":{"GatewayResponses":{"UNAUTHORIZED":{}}},"b":{"GatewayResponses":{"UNAUTHORIZED":{}}}}`,
		"GatewayResponses is":  `{"GatewayResponses":{"Ref":"x"},"x":{"GatewayResponses":[]}}`,
		"UNAUTHORIZED is no":   `{"GatewayResponses":{"UNAUTHORIZED":401}}`,
		"is not known":         `{"GatewayResponses":{"UNAUTHORIZED":{"Statuscode":401}}}`,
		"is no number":         `{"GatewayResponses":{"UNAUTHORIZED":{"StatusCode":{"Ref":"Status"}}}}`,
		"no text as X":         `{"GatewayResponses":{"UNAUTHORIZED":{"ResponseParameters":{"Headers":{"X":{"Fn::Sub":"'${Origin}'"}}}}}}`,
		"no text as app":       `{"GatewayResponses":{"UNAUTHORIZED":{"ResponseTemplates":{"application/json":{"message":"x"}}}}}`,
		"Templates is no":      `{"GatewayResponses":{"UNAUTHORIZED":{"ResponseTemplates":"x"}}}`,
		"headers only":         `{"x-amazon-apigateway-gateway-responses":{"UNAUTHORIZED":{"responseParameters":{"gatewayresponse.querystring.X":"'1'"}}}}`,
		"has X: a response":    `{"A":{"Type":"AWS::ApiGateway::GatewayResponse","Properties":{"ResponseType":"A","ResponseParameters":{"X":"'1'"}}}}`,
		"no text as Headers":   `{"GatewayResponses":{"UNAUTHORIZED":{"ResponseParameters":{"Headers":{},"gatewayresponse.header.X":"'1'"}}}}`,
		"has no text as Paths": `{"GatewayResponses":{"UNAUTHORIZED":{"ResponseParameters":{"Paths":{}}}}}`,
	} {
		got, err := authorizertest.ParseGatewayResponses([]byte(text))
		if got != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, %v", text, got, err)
		}
	}
	// A function where a name should be is found when the gateway is made.
	got, err := authorizertest.ParseGatewayResponses([]byte(`{"A":{"Type":"AWS::ApiGateway::GatewayResponse","Properties":{"ResponseType":{"Ref":"x"}}}}`))
	if err != nil || len(got) != 1 {
		t.Errorf("got %v, %v", got, err)
	}
}

func FuzzParseGatewayResponses(f *testing.F) {
	f.Add([]byte(`{"GatewayResponses":{"UNAUTHORIZED":{"StatusCode":401,"ResponseParameters":{"Headers":{"X":"'1'"}}}}}`))
	f.Add([]byte(`{"x-amazon-apigateway-gateway-responses":{"A":{"responseTemplates":{"a":"b"}}}}`))
	f.Add([]byte(`{"a":[{"Type":"AWS::ApiGateway::GatewayResponse"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if got, err := authorizertest.ParseGatewayResponses(text); (err == nil) != (len(got) > 0) {
			t.Errorf("got %v, %v", got, err)
		}
	})
}
