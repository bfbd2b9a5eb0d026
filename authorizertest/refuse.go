package authorizertest

import (
	"cmp"
	"encoding/json"
	"io"
	"net/http"
)

// A failure is an answer that API Gateway gives by itself. HTTP APIs, and as far as
// is known WebSocket APIs (L), have a status and a body for it. REST APIs have a gateway
// response, and name the error in a header.
type failure struct {
	status     int
	body       string
	restStatus int
	restBody   string // of one member, which is the message
	response   string // the type of the gateway response; empty if none can be set
	errorType  string // x-amzn-ErrorType; (M) except for what AWS documents
}

var (
	noRoute = &failure{
		http.StatusNotFound, `{"message":"Not Found"}`,
		http.StatusForbidden, `{"message":"Missing Authentication Token"}`, "MISSING_AUTHENTICATION_TOKEN", "MissingAuthenticationTokenException",
	}
	unauthorized = &failure{
		http.StatusUnauthorized, `{"message":"Unauthorized"}`,
		http.StatusUnauthorized, `{"message":"Unauthorized"}`, "UNAUTHORIZED", "UnauthorizedException",
	}
	explicitlyDenied = &failure{ // (M) Until 2024 it ended at "explicit deny".
		http.StatusForbidden, `{"message":"Forbidden"}`,
		http.StatusForbidden, `{"Message":"User is not authorized to access this resource with an explicit deny in an identity-based policy"}`, "ACCESS_DENIED", "AccessDeniedException",
	}
	implicitlyDenied = &failure{
		http.StatusForbidden, `{"message":"Forbidden"}`,
		http.StatusForbidden, `{"Message":"User is not authorized to access this resource"}`, "ACCESS_DENIED", "AccessDeniedException",
	}
	authorizerFailed = &failure{ // (M) Whatever it failed with, it is not AUTHORIZER_FAILURE.
		http.StatusInternalServerError, `{"message":"Internal Server Error"}`,
		http.StatusInternalServerError, `{"message":null}`, "AUTHORIZER_CONFIGURATION_ERROR", "AuthorizerConfigurationException",
	}
	functionFailed = &failure{ // (M) It has no response type of its own.
		http.StatusInternalServerError, `{"message":"Internal Server Error"}`,
		http.StatusBadGateway, `{"message": "Internal server error"}`, "DEFAULT_5XX", "InternalServerErrorException",
	}

	// What the limits answer with is documented for the ARN only. (L)
	pathTooLong = sameForAll(http.StatusRequestURITooLong, `{"message":"Request URI Too Long"}`, "")
	headTooLong = sameForAll(http.StatusRequestHeaderFieldsTooLarge, `{"message":"Request Header Fields Too Large"}`, "")
	bodyTooLong = sameForAll(http.StatusRequestEntityTooLarge, `{"message":"Request Entity Too Large"}`, "REQUEST_TOO_LARGE")
	badRequest  = sameForAll(http.StatusBadRequest, `{"message":"Bad Request"}`, "")
)

func sameForAll(status int, body, response string) *failure {
	return &failure{status, body, status, body, response, ""}
}

// variables returns the context variables of an error on a REST API. There is no
// validator of requests, and so nothing that one has found.
func (f *failure) variables() object {
	var members map[string]json.RawMessage
	_ = json.Unmarshal([]byte(f.restBody), &members) // which is JSON
	quoted := cmp.Or(string(members["message"]), string(members["Message"]))
	var message string // null is empty (L)
	_ = json.Unmarshal([]byte(quoted), &message)
	return object{"message": message, "messageString": quoted, "responseType": f.response, "validationErrorString": ""}
}

// statusOf returns the status of a failure.
func (g *Gateway) statusOf(f *failure) int {
	if !isREST(g.cfg.Kind) {
		return f.status
	}
	if custom := g.responseTo(f); custom != nil {
		return cmp.Or(custom.status, f.restStatus)
	}
	return f.restStatus
}

// refuse answers with a failure.
func (g *Gateway) refuse(w http.ResponseWriter, x *exchange, f *failure) {
	status, body, contentType := f.status, f.body, "application/json"
	if isREST(g.cfg.Kind) {
		status, body = f.restStatus, f.restBody
		if f.errorType != "" {
			w.Header().Set("x-amzn-ErrorType", f.errorType)
		}
	}
	if x.challenge != "" {
		w.Header().Set("Www-Authenticate", x.challenge)
	}
	g.setRequestID(w, x)
	if custom := g.responseTo(f); custom != nil {
		variables := g.responseVariables(x, f)
		status = cmp.Or(custom.status, status)
		if ofType, template, found := custom.template(x.http.Header.Get("Accept")); found {
			contentType, body = ofType, g.render(template, x, variables)
		}
		for name, value := range custom.headers {
			if text := g.render(value, x, variables); text != "" {
				w.Header().Set(name, text)
			}
		}
	}
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", contentType)
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func (g *Gateway) setRequestID(w http.ResponseWriter, x *exchange) {
	name := "x-amzn-RequestId"
	if isHTTP(g.cfg.Kind) {
		name = "Apigw-Requestid"
	}
	w.Header().Set(name, x.id)
}
