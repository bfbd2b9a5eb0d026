package httpauth

import (
	"encoding/json"
	"fmt"
	"net/http"
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
	if m.Challenge() == "" {
		return nil
	}
	type response struct {
		StatusCode int               `json:"statusCode"`
		Parameters map[string]string `json:"responseParameters"`
		Templates  map[string]string `json:"responseTemplates"`
	}
	text, err := json.Marshal(map[string]response{"UNAUTHORIZED": {
		http.StatusUnauthorized,
		map[string]string{"gatewayresponse.header.WWW-Authenticate": "'" + m.Challenge() + "'"},
		map[string]string{"application/json": `{"message":$context.error.messageString}`},
	}})
	if err != nil {
		panic(fmt.Sprintf("httpauth: %v", err)) // texts alone
	}
	return text
}
