package authorizertest

import (
	"io"
	"net/http"
)

// A failure is an answer that API Gateway gives by itself. HTTP APIs, and as far as
// is known WebSocket APIs (L), have a status and a body for it; REST APIs have
// others, and name the error in a header.
type failure struct {
	status     int
	body       string
	restStatus int
	restBody   string
	restType   string // x-amzn-ErrorType; (M) except for what AWS documents
}

var (
	noRoute = &failure{
		http.StatusNotFound, `{"message":"Not Found"}`,
		http.StatusForbidden, `{"message":"Missing Authentication Token"}`, "MissingAuthenticationTokenException",
	}
	unauthorized = &failure{
		http.StatusUnauthorized, `{"message":"Unauthorized"}`,
		http.StatusUnauthorized, `{"message":"Unauthorized"}`, "UnauthorizedException",
	}
	explicitlyDenied = &failure{
		http.StatusForbidden, `{"message":"Forbidden"}`,
		http.StatusForbidden, `{"Message":"User is not authorized to access this resource with an explicit deny"}`, "AccessDeniedException",
	}
	implicitlyDenied = &failure{
		http.StatusForbidden, `{"message":"Forbidden"}`,
		http.StatusForbidden, `{"Message":"User is not authorized to access this resource"}`, "AccessDeniedException",
	}
	authorizerFailed = &failure{
		http.StatusInternalServerError, `{"message":"Internal Server Error"}`,
		http.StatusInternalServerError, `{"message":null}`, "AuthorizerConfigurationException",
	}
	functionFailed = &failure{
		http.StatusInternalServerError, `{"message":"Internal Server Error"}`,
		http.StatusBadGateway, `{"message": "Internal server error"}`, "InternalServerErrorException",
	}

	// What the limits answer with is documented for the ARN only. (L)
	pathTooLong = sameForAll(http.StatusRequestURITooLong, `{"message":"Request URI Too Long"}`)
	headTooLong = sameForAll(http.StatusRequestHeaderFieldsTooLarge, `{"message":"Request Header Fields Too Large"}`)
	bodyTooLong = sameForAll(http.StatusRequestEntityTooLarge, `{"message":"Request Entity Too Large"}`)
	badRequest  = sameForAll(http.StatusBadRequest, `{"message":"Bad Request"}`)
)

func sameForAll(status int, body string) *failure {
	return &failure{status, body, status, body, ""}
}

// refuse answers with a failure.
func (g *Gateway) refuse(w http.ResponseWriter, x *exchange, f *failure) {
	status, body := f.status, f.body
	if isREST(g.cfg.Kind) {
		status, body = f.restStatus, f.restBody
		if f.restType != "" {
			w.Header().Set("x-amzn-ErrorType", f.restType)
		}
	}
	if x.challenge != "" {
		w.Header().Set("Www-Authenticate", x.challenge)
	}
	g.setRequestID(w, x)
	w.Header().Set("Content-Type", "application/json")
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
