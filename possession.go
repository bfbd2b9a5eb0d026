package authorizer

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/lambdajwt/authorizer/internal/credentials"
	"github.com/lambdajwt/authorizer/verifier"
	"github.com/lambdajwt/authorizer/verifier/binding"
)

// checkPossession checks that a token is sent by the one for whom it was issued, if it says
// who that is. Without Config.Binding such a token is refused: it is no bearer token.
func (a *Authorizer) checkPossession(ctx context.Context, r *Request, token string, t *verifier.Token) error {
	ways, err := credentials.Ways(t)
	if err != nil {
		return err
	}
	if a.cfg.Binding != nil {
		if err := credentials.CheckScheme(r.scheme(), ways); err != nil {
			return err
		}
	}
	request := binding.Request{Method: r.method(), Token: token}
	if len(ways) > 0 && a.cfg.Binding != nil {
		if err := a.checkPossessionCache(r, ways); err != nil {
			return err
		}
		request.URL, request.DPoP = r.url(), r.Header("DPoP")
		if r.ClientCert != nil {
			if request.Certificate, err = r.ClientCert.Certificate(); err != nil {
				return err
			}
		}
	}
	if err := binding.Check(ctx, a.cfg.Binding, request, t); err != nil {
		return fmt.Errorf("Config.Binding: %w", err)
	}
	return nil
}

// checkPossessionCache refuses to answer where API Gateway may serve the answer again, to
// somebody who has the token alone.
func (a *Authorizer) checkPossessionCache(r *Request, ways []string) error {
	const remedy = ", or set Config.SkipIdentitySourceCheck if nothing is cached"
	switch {
	case r.Kind == RESTToken:
		return errors.New("a bound token in a TOKEN event, which has neither a proof nor a certificate: make the authorizer one of type REQUEST, without a cache")
	case a.cfg.SkipIdentitySourceCheck || r.Kind == WebSocket:
		return nil
	case r.Kind == RESTRequest:
		return errors.New("a bound token behind a cache of which the event does not tell: turn the authorizer's cache off (a time to live of 0)" +
			" and set Config.SkipIdentitySourceCheck, which says so")
	case r.Kind == AppSync:
		if a.cfg.FieldsTTL > 0 {
			return errors.New("a bound token behind a cache that goes by the token: leave Config.FieldsTTL 0")
		}
		return nil
	case len(r.identitySource) == 0:
		return nil
	}
	for _, way := range ways {
		switch {
		case way == "jkt" && !(slices.Contains(r.identitySource, first(r.Header("DPoP"))) && r.isKeyedByRoute()):
			return errors.New("a DPoP token behind a cache that does not go by the proof and the request: take the identity sources out, which turns the cache off," +
				" or add $request.header.DPoP, $context.httpMethod, $context.path and $context.routeKey" + remedy)
		case way == "x5t#S256" && (r.ClientCert == nil || !slices.Contains(r.identitySource, r.ClientCert.PEM)):
			return errors.New("a token bound to a certificate behind a cache that does not go by the certificate: take the identity sources out, which turns the cache off," +
				" or add $context.identity.clientCert.clientCertPem" + remedy)
		}
	}
	return nil
}

// scheme returns the scheme of the header Authorization, empty if there is none.
func (r *Request) scheme() string {
	value, err := header(r, "Authorization")
	if err != nil {
		return ""
	}
	scheme, _, _ := strings.Cut(value, " ")
	return scheme
}

// method returns the method of a request. A WebSocket handshake is a GET.
func (r *Request) method() string {
	switch r.Kind {
	case WebSocket:
		return "GET"
	case AppSync:
		return "POST"
	}
	return r.ARN.Verb
}

// url returns the URL of a request as its sender wrote it, as far as the event tells. HTTP
// APIs tell paths decoded.
func (r *Request) url() string {
	switch r.Kind {
	case AppSync:
		return "https://" + first(r.Header("Host")) + "/graphql"
	case WebSocket:
		return "https://" + r.Domain + "/" + url.PathEscape(r.ARN.Stage)
	case RESTRequest:
		return "https://" + r.Domain + r.fullPath
	}
	return (&url.URL{Scheme: "https", Host: r.Domain, Path: r.fullPath}).String()
}
