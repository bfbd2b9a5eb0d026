package authorizertest

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/lambdajwt/authorizer/internal/jose"
	"github.com/lambdajwt/authorizer/internal/lru"
)

const (
	maxAppSyncTimeout = 10 * time.Second
	maxAppSyncAnswer  = 5 << 20
)

// ErrUnauthorized is what AppSync answers with as UnauthorizedException, status 401: the
// authorizer does not let the caller in, or has failed.
var ErrUnauthorized = errors.New("UnauthorizedException")

// AppSyncConfig says what GraphQL API an [AppSync] plays.
type AppSyncConfig struct {
	// Authorizer is the Lambda function: anything that lambda.Start takes. Required.
	Authorizer any

	// TTL is authorizerResultTtlInSeconds: how long an answer counts that does not say
	// it by itself, with ttlOverride. 0 means no cache. At most an hour, in whole seconds.
	TTL time.Duration

	// IdentityValidationExpression is a regular expression that the token must match
	// before the function is called. Empty means anything.
	IdentityValidationExpression string

	// APIID and AccountID are those of the events. Empty means abcdef1234 and 123456789012.
	APIID, AccountID string

	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// An AppSync plays what AWS AppSync does around a Lambda authorizer, for one GraphQL API:
// it makes the event, calls the authorizer with it as JSON, and keeps the answer for the
// token. It executes no query. It is safe for concurrent use.
type AppSync struct {
	cfg      AppSyncConfig
	function *function
	identity *regexp.Regexp
	calls    atomic.Int64

	mu      sync.Mutex
	answers *lru.Map[string, appSyncAnswer]
}

type appSyncAnswer struct {
	events.AppSyncLambdaAuthorizerResponse
	until time.Time
}

// An Operation is what a client of a GraphQL API sends.
type Operation struct {
	Query     string
	Name      string         // operationName
	Variables map[string]any // what encoding/json can write

	// Header has the token as Authorization, by itself: AppSync's clients write no scheme
	// before it.
	Header http.Header
}

// NewAppSync returns a GraphQL API. It is an error if the configuration is one that AppSync
// refuses.
func NewAppSync(cfg AppSyncConfig) (*AppSync, error) {
	cfg.APIID = cmp.Or(cfg.APIID, "abcdef1234")
	cfg.AccountID = cmp.Or(cfg.AccountID, "123456789012")
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	switch {
	case cfg.Authorizer == nil:
		return nil, errors.New("authorizertest: set AppSyncConfig.Authorizer to a handler")
	case cfg.TTL < 0 || cfg.TTL > maxCacheTTL || cfg.TTL%time.Second != 0:
		return nil, fmt.Errorf("authorizertest: AppSyncConfig.TTL is %v: set it to whole seconds, at most %v", cfg.TTL, maxCacheTTL)
	}
	identity, err := regexp.Compile(cfg.IdentityValidationExpression)
	if err != nil {
		return nil, fmt.Errorf("authorizertest: AppSyncConfig.IdentityValidationExpression: %w", err)
	}
	return &AppSync{
		cfg: cfg, identity: identity, function: &function{handler: cfg.Authorizer}, answers: lru.New[string, appSyncAnswer](maxCached),
	}, nil
}

// Calls returns how often the authorizer has been called.
func (a *AppSync) Calls() int { return int(a.calls.Load()) }

// Authorize returns what the authorizer says of an operation, from the cache if that has an
// answer for the token: the values for resolvers, as $ctx.identity.resolverContext has them,
// and the fields that AppSync answers null for. A caller who is not let in gets
// [ErrUnauthorized], and so does one whose authorizer has failed or has given an answer that
// AppSync cannot read; the error says why. (M)
func (a *AppSync) Authorize(ctx context.Context, op Operation) (*events.AppSyncLambdaAuthorizerResponse, error) {
	token := op.Header.Get("Authorization")
	if token == "" || !a.identity.MatchString(token) {
		return nil, fmt.Errorf("%w: there is no token, or none that IdentityValidationExpression matches", ErrUnauthorized)
	}
	answer, found := a.cached(token)
	if !found {
		var err error
		if answer, err = a.ask(ctx, token, op); err != nil {
			return nil, fmt.Errorf("%w: the authorizer: %w", ErrUnauthorized, err)
		}
	}
	if !answer.IsAuthorized {
		return nil, fmt.Errorf("%w: isAuthorized is false", ErrUnauthorized)
	}
	return &answer.AppSyncLambdaAuthorizerResponse, nil
}

func (a *AppSync) cached(token string) (appSyncAnswer, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	answer, found := a.answers.Get(token)
	return answer, found && a.cfg.Now().Before(answer.until)
}

// ask calls the authorizer, and keeps its answer for as long as that says.
func (a *AppSync) ask(ctx context.Context, token string, op Operation) (appSyncAnswer, error) {
	event, err := a.event(token, op)
	if err != nil {
		return appSyncAnswer{}, err
	}
	now := a.cfg.Now()
	a.calls.Add(1)
	ctx, cancel := context.WithTimeout(ctx, maxAppSyncTimeout)
	defer cancel()
	text, err := a.function.invoke(ctx, rand.Text(), event)
	if err == nil {
		err = ctx.Err() // too late
	}
	if err != nil {
		return appSyncAnswer{}, err
	}
	answer, err := readAppSyncAnswer(text)
	if err != nil {
		return appSyncAnswer{}, fmt.Errorf("%w: %w", errMalformed, err)
	}
	ttl := a.cfg.TTL
	if answer.TTLOverride != nil {
		ttl = time.Duration(*answer.TTLOverride) * time.Second
	}
	if answer.until = now.Add(ttl); ttl > 0 {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.answers.Put(token, answer)
	}
	return answer, nil
}

func (a *AppSync) event(token string, op Operation) ([]byte, error) {
	headers := make(map[string]string, len(op.Header))
	for name, values := range op.Header {
		headers[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	var event struct {
		events.AppSyncLambdaAuthorizerRequest
		RequestHeaders map[string]string `json:"requestHeaders"`
	}
	event.RequestHeaders = headers
	event.AppSyncLambdaAuthorizerRequest = events.AppSyncLambdaAuthorizerRequest{
		AuthorizationToken: token,
		RequestContext: events.AppSyncLambdaAuthorizerRequestContext{
			APIID: a.cfg.APIID, AccountID: a.cfg.AccountID, RequestID: rand.Text(),
			QueryString: op.Query, OperationName: op.Name, Variables: op.Variables,
		},
	}
	return json.Marshal(event)
}

func readAppSyncAnswer(text []byte) (appSyncAnswer, error) {
	if len(text) > maxAppSyncAnswer {
		return appSyncAnswer{}, fmt.Errorf("it has %d bytes, and at most %d are allowed", len(text), maxAppSyncAnswer)
	}
	var members struct {
		IsAuthorized *bool `json:"isAuthorized"`
	}
	var answer appSyncAnswer
	if err := jose.Unmarshal(string(text), &members); err != nil {
		return appSyncAnswer{}, err
	}
	if err := json.Unmarshal(text, &answer.AppSyncLambdaAuthorizerResponse); err != nil {
		return appSyncAnswer{}, err
	}
	if members.IsAuthorized == nil {
		return appSyncAnswer{}, errors.New("it has no isAuthorized")
	}
	for name, value := range answer.ResolverContext {
		switch value.(type) {
		case map[string]any, []any:
			return appSyncAnswer{}, fmt.Errorf("the value %q for resolvers is no string, number or boolean", name)
		}
	}
	if ttl := answer.TTLOverride; ttl != nil && (*ttl < 0 || time.Duration(*ttl) > maxCacheTTL/time.Second) {
		return appSyncAnswer{}, fmt.Errorf("ttlOverride is %d, and is to be at most %d", *ttl, maxCacheTTL/time.Second)
	}
	for _, field := range answer.DeniedFields {
		if !deniedField.MatchString(field) {
			return appSyncAnswer{}, fmt.Errorf("the denied field %q is neither Type.field nor an ARN", field)
		}
	}
	return answer, nil
}

// deniedField matches how a field is named in deniedFields.
var deniedField = regexp.MustCompile(`^(\w+\.\w+|arn:[\w-]+:appsync:[\w-]+:\d+:apis/\w+/types/\w+/fields/\w+)$`)
