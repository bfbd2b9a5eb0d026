package authorizertest

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// A GatewayResponse is what a REST API answers with where a request does not get to the
// function behind its route (developer guide, "Gateway responses for REST APIs in API
// Gateway"). So refusals get the headers that CORS needs, for one.
type GatewayResponse struct {
	// StatusCode is from 200 to 599. 0 means that of the response type, or, in
	// DEFAULT_4XX and DEFAULT_5XX, that of the type in whose place they stand.
	StatusCode int

	// Headers has mapping expressions by the names of headers: a text in single quotes,
	// such as "'*'", or a value of the request, "method.request.header.NAME", likewise
	// querystring or path in the place of header, "context.NAME" or
	// "stageVariables.NAME". A header whose value is empty is left out. (L)
	Headers map[string]string

	// Templates has the body by content type. Values stand in it as
	// "$context.error.messageString", "$context.authorizer.NAME",
	// "$stageVariables.NAME" or "$method.request.header.NAME"; nothing else of a mapping
	// template is processed. What has no value is empty. (L) The content type is one that the
	// request accepts, otherwise application/json, otherwise the first by name. (L) Nil
	// means API Gateway's own body: in ACCESS_DENIED, {"Message":…} with a capital. (M)
	Templates map[string]string
}

// responseTypes are the types of gateway responses (API reference, "GatewayResponse").
var responseTypes = []string{
	"ACCESS_DENIED", "API_CONFIGURATION_ERROR", "AUTHORIZER_CONFIGURATION_ERROR", "AUTHORIZER_FAILURE", "BAD_REQUEST_BODY",
	"BAD_REQUEST_PARAMETERS", "DEFAULT_4XX", "DEFAULT_5XX", "EXPIRED_TOKEN", "INTEGRATION_FAILURE", "INTEGRATION_TIMEOUT",
	"INVALID_API_KEY", "INVALID_SIGNATURE", "MISSING_AUTHENTICATION_TOKEN", "QUOTA_EXCEEDED", "REQUEST_TOO_LARGE",
	"RESOURCE_NOT_FOUND", "THROTTLED", "UNAUTHORIZED", "UNSUPPORTED_MEDIA_TYPE", "WAF_FILTERED",
}

var headerName = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$") // RFC 9110 section 5.1

// A gatewayResponse is a GatewayResponse that has been read.
type gatewayResponse struct {
	status    int
	headers   map[string]template
	templates map[string]template
}

// readResponses reads Config.GatewayResponses.
func (g *Gateway) readResponses() error {
	if len(g.cfg.GatewayResponses) > 0 && !isREST(g.cfg.Kind) {
		return errors.New("Config.GatewayResponses are for REST APIs only")
	}
	g.responses = map[string]*gatewayResponse{}
	for _, name := range slices.Sorted(maps.Keys(g.cfg.GatewayResponses)) {
		response, err := g.readGatewayResponse(g.cfg.GatewayResponses[name])
		if err == nil && !slices.Contains(responseTypes, name) {
			err = fmt.Errorf("no such type: use one of %s", strings.Join(responseTypes, ", "))
		}
		if err != nil {
			return fmt.Errorf("Config.GatewayResponses: %q: %w", name, err)
		}
		g.responses[name] = response
	}
	return nil
}

func (g *Gateway) readGatewayResponse(r GatewayResponse) (*gatewayResponse, error) {
	if r.StatusCode != 0 && (r.StatusCode < 200 || r.StatusCode > 599) {
		return nil, fmt.Errorf("the status %d: set it from 200 to 599, or leave it out", r.StatusCode)
	}
	response := &gatewayResponse{r.StatusCode, map[string]template{}, map[string]template{}}
	for name, text := range r.Headers {
		value, err := g.parseMapping(text)
		if err == nil && !headerName.MatchString(name) {
			err = errors.New("no name of a header")
		}
		if err != nil {
			return nil, fmt.Errorf("the header %q: %w", name, err)
		}
		response.headers[name] = value
	}
	for contentType, text := range r.Templates {
		body, err := g.parseTemplate(text)
		if err != nil {
			return nil, fmt.Errorf("the template of %q: %w", contentType, err)
		}
		response.templates[contentType] = body
	}
	return response, nil
}

// responseTo returns what is set for a failure, nil if nothing is. What is set for its
// own type stands alone: nothing is taken from the default. (M)
func (g *Gateway) responseTo(f *failure) *gatewayResponse {
	own := g.responses[f.response]
	switch {
	case own != nil || f.response == "":
		return own
	case f.restStatus < 500:
		return g.responses["DEFAULT_4XX"]
	}
	return g.responses["DEFAULT_5XX"]
}

// template returns the body for a request with this header Accept.
func (r *gatewayResponse) template(accept string) (contentType string, body template, found bool) {
	accepted := append(strings.Split(accept, ","), "application/json")
	for _, contentType := range append(accepted, slices.Sorted(maps.Keys(r.templates))...) {
		contentType, _, _ = strings.Cut(contentType, ";")
		contentType = strings.TrimSpace(contentType)
		if body, found = r.templates[contentType]; found {
			return contentType, body, true
		}
	}
	return "", nil, false
}
