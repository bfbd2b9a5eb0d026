package httpauth

import (
	"net/http"
	"slices"
)

// GatewayResponses returns the value of x-amazon-apigateway-gateway-responses, in JSON, that
// makes a REST API send clients without a good token to the document: its gateway response
// UNAUTHORIZED has the header WWW-Authenticate. It belongs into the OpenAPI definition of an
// API whose routes are behind an authorizer. Its one header is, in AWS SAM,
//
//	GatewayResponses:
//	  UNAUTHORIZED:
//	    ResponseParameters:
//	      Headers:
//	        WWW-Authenticate: "'Bearer resource_metadata=\"https://…\"'"
//
// and in a resource of type AWS::ApiGateway::GatewayResponse it is called
// gatewayresponse.header.WWW-Authenticate. HTTP APIs have no gateway responses.
func (m *Metadata) GatewayResponses() []byte {
	if m == nil {
		return nil
	}
	return slices.Clone(m.responses)
}

// A gatewayResponse is one of a REST API, as an OpenAPI definition has it.
type gatewayResponse struct {
	StatusCode int               `json:"statusCode"`
	Parameters map[string]string `json:"responseParameters"`
	Templates  map[string]string `json:"responseTemplates"`
}

// gatewayResponses returns the one that has a challenge. Its body is API Gateway's own.
func gatewayResponses(challenge string) map[string]gatewayResponse {
	return map[string]gatewayResponse{"UNAUTHORIZED": {
		http.StatusUnauthorized,
		map[string]string{"gatewayresponse.header.WWW-Authenticate": "'" + challenge + "'"},
		map[string]string{"application/json": `{"message":$context.error.messageString}`},
	}}
}
