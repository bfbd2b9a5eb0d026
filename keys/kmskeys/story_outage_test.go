package kmskeys_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
)

// An outcome is what callers see while KMS fails, and what is remembered of it.
type outcome struct {
	during int // the status of a permitted request while KMS fails
	after  int // that of the same request once KMS works again
	calls  int // how many calls of the operation that second request takes
}

var (
	undecided  = outcome{500, 200, 1} // nothing is remembered
	remembered = outcome{200, 200, 0} // KMS is not needed
	goesOn     = outcome{200, 200, 1} // KMS is asked, and not needed
	condemned  = outcome{401, 401, 0} // by KMS's verdict, and from then on without asking it
)

// The matrix: every operation, with what was remembered before KMS began to fail, and
// its failures by class.
var matrix = []struct {
	operation, state       string
	fault, outage, refusal outcome
}{
	{"Decrypt", cold, condemned, undecided, undecided},
	{"Decrypt", warm, remembered, remembered, remembered},
	{"Decrypt", stale, condemned, goesOn, undecided},        // the old data key, until it is withdrawn
	{"GetPublicKey", cold, outcome{}, undecided, undecided}, // which puts no token to KMS
	{"GetPublicKey", warm, outcome{}, remembered, remembered},
	{"GetPublicKey", stale, outcome{}, goesOn, undecided}, // the old key, until it is withdrawn
	{"Verify", cold, condemned, undecided, undecided},
	{"Verify", warm, condemned, undecided, undecided},
	{"VerifyMac", cold, condemned, undecided, undecided},
	{"VerifyMac", warm, condemned, undecided, undecided},
	{"GenerateDataKey", cold, outcome{}, undecided, undecided},
	{"GenerateDataKey", warm, outcome{}, remembered, remembered}, // with ReuseTokens
	{"GenerateDataKey", stale, outcome{}, undecided, undecided},
	{"Sign", cold, outcome{}, undecided, undecided},
	{"GenerateMac", cold, outcome{}, undecided, undecided},
}

const (
	cold  = "nothing remembered"
	warm  = "remembered"
	stale = "remembered for too long"
)

// faults are the codes that are the token's fault, by operation.
var faults = map[string][]string{
	"Decrypt":   {"InvalidCiphertextException", "IncorrectKeyException"},
	"Verify":    {"KMSInvalidSignatureException"},
	"VerifyMac": {"KMSInvalidMacException"},
}

func TestFaultsOfKMSAtTheGateway(t *testing.T) {
	for _, row := range matrix {
		for _, c := range codes {
			want := map[class]outcome{
				tokenFault: row.outage, outage: row.outage, misconfiguration: row.refusal,
			}[c.class]
			for _, code := range faults[row.operation] {
				if code == c.code {
					want = row.fault
				}
			}
			t.Run(row.operation+"/"+row.state+"/"+c.code, func(t *testing.T) {
				runFault(t, row.operation, row.state, want, func(k *kmstest.KMS) {
					k.Fail(row.operation, kmstest.Forever, kmstest.Error(c.code, "message"))
				})
			})
		}
		t.Run(row.operation+"/"+row.state+"/broken connection", func(t *testing.T) {
			runFault(t, row.operation, row.state, row.outage, func(k *kmstest.KMS) {
				k.Fail(row.operation, kmstest.Forever, io.ErrUnexpectedEOF)
			})
		})
		t.Run(row.operation+"/"+row.state+"/no answer in time", func(t *testing.T) {
			runFault(t, row.operation, row.state, row.outage, func(k *kmstest.KMS) { k.Hang(row.operation, kmstest.Forever) })
		})
	}
}

// runFault has KMS fail and heal, and compares what callers see.
func runFault(t *testing.T, operation, state string, want outcome, begin func(*kmstest.KMS)) {
	synctest.Test(t, func(t *testing.T) { // for the time that those who wait for KMS take
		s := newService(t, operation)
		s.prepare(t, state)
		begin(s.kms)
		for _, request := range s.requests {
			if got, want := s.ask(request), request.status(want.during); got != want {
				t.Errorf("%s while KMS fails: %d, want %d", request.name, got, want)
			}
		}
		s.kms.Heal()
		s.clock.Add(30 * time.Second) // the longest pause after a failure
		for i, request := range s.requests {
			calls := s.kms.Calls(operation)
			if got, want := s.ask(request), request.status(want.after); got != want {
				t.Errorf("%s afterwards: %d, want %d", request.name, got, want)
			}
			if got := s.kms.Calls(operation) - calls; i == 0 && got != want.calls {
				t.Errorf("%s afterwards took %d calls, want %d", request.name, got, want.calls)
			}
		}
	})
}

// A service is an API with a login and an authorizer, both on KMS.
type service struct {
	kms      *kmstest.KMS
	clock    *clocktest.Manual
	gateway  *authorizertest.Gateway
	token    string
	requests []request
	age      time.Duration // after which what is remembered is too old
}

// A request to the service, and what it gets where all is well.
type request struct {
	name, method, path string
	good               int
}

// status is what the request gets if KMS makes this of a permitted one.
func (r request) status(permitted int) int {
	if permitted == http.StatusOK {
		return r.good
	}
	return permitted
}

var (
	login     = []request{{"a login", http.MethodPost, "/login", 200}}
	protected = []request{
		{"a permitted request", http.MethodGet, "/orders", 200},
		{"a request that is not permitted", http.MethodDelete, "/orders", 403},
	}
)

func newService(t *testing.T, operation string) *service {
	t.Helper()
	s := &service{kms: kmstest.New(kmstest.Config{}), clock: clocktest.NewManual(), requests: protected}
	if operation == "GenerateDataKey" || operation == "Sign" || operation == "GenerateMac" {
		s.requests = login
	}
	signs, verifies := s.sources(t, operation)
	s.token = token(t, signs, claims(s.clock.Now()))
	s.gateway = newGateway(t, must(signer.New(signer.Config{Keys: signs}))(t), tokenVerifier(t, verifies, s.clock.Now), authorizertest.NoCache)
	if operation == "GenerateDataKey" {
		s.clock.Add(s.age) // forget the data key of s.token
	}
	return s
}

// sources returns two sources that use an operation of KMS between them.
func (s *service) sources(t *testing.T, operation string) (keys.SigningSource, keys.VerificationSource) {
	t.Helper()
	switch operation {
	case "Decrypt", "GenerateDataKey":
		cfg := envelopeConfig(newKey(t, s.kms, types.KeySpecSymmetricDefault))
		cfg.Now, cfg.ReuseTokens, cfg.ReuseFor = s.clock.Now, 1000, kmskeys.DefaultMaxAge
		s.age = kmskeys.DefaultMaxAge
		return envelopeSigner(t, s.kms, cfg), envelopeVerifier(t, s.kms, cfg)
	case "GenerateMac", "VerifyMac":
		cfg := kmskeys.MACConfig{KeyID: newKey(t, s.kms, types.KeySpecHmac256), Now: s.clock.Now}
		return must(kmskeys.NewMACSigner(s.kms, cfg))(t), must(kmskeys.NewMACVerifier(s.kms, cfg))(t)
	}
	s.age = kmskeys.DefaultMaxAge
	cfg := kmskeys.AsymmetricConfig{KeyID: newKey(t, s.kms, types.KeySpecEccNistP256), Algorithm: "ES256", Now: s.clock.Now}
	signs := must(kmskeys.NewAsymmetricSigner(s.kms, cfg))(t)
	if operation == "GetPublicKey" {
		return signs, must(kmskeys.NewAsymmetricVerifier(s.kms, cfg))(t)
	}
	return signs, must(kmskeys.NewAsymmetricRemoteVerifier(s.kms, cfg))(t)
}

// newGateway returns an API whose login makes tokens that may read orders.
func newGateway(t *testing.T, login *signer.Signer, v verifier.Verifier, cacheTTL time.Duration) *authorizertest.Gateway {
	t.Helper()
	routes := must(policy.NewRoutes(
		policy.Route{Key: "GET /orders", Scopes: []string{"orders:read"}},
		policy.Route{Key: "DELETE /orders", Scopes: []string{"orders:delete"}},
	))(t)
	a := must(authorizer.New(authorizer.Config{Verifier: v, Policy: authorizer.ByScope(routes)}))(t)
	ok := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	logIn := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), timeout)
		defer cancel()
		if _, err := login.Sign(ctx, claims(clocktest.NewManual().Now())); err != nil {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	return must(authorizertest.New(authorizertest.Config{
		Kind: authorizer.RESTToken, Authorizer: a, CacheTTL: cacheTTL, Timeout: timeout,
		Routes: []authorizertest.Route{
			{Key: "GET /orders", Handler: ok}, {Key: "DELETE /orders", Handler: ok},
			{Key: "POST /login", Handler: logIn, NoAuthorizer: true},
		},
	}))(t)
}

// timeout is that of both functions.
const timeout = 5 * time.Second

// prepare has the service remember what it can, and lets it grow old.
func (s *service) prepare(t *testing.T, state string) {
	t.Helper()
	if state == cold {
		return
	}
	for _, request := range s.requests {
		if got := s.ask(request); got != request.good {
			t.Fatalf("%s beforehand: %d, want %d", request.name, got, request.good)
		}
	}
	if state == stale {
		s.clock.Add(s.age)
	}
}

func (s *service) ask(r request) int {
	in := httptest.NewRequest(r.method, r.path, nil)
	in.Header.Set("Authorization", "Bearer "+s.token)
	out := httptest.NewRecorder()
	s.gateway.ServeHTTP(out, in)
	return out.Code
}

// What the gateway caches it would repeat for five minutes.
func TestAnOutageOfKMSIsNotCachedByTheGateway(t *testing.T) {
	b := newBench(t, nil)
	s := &service{
		kms: b.KMS, clock: b.clock, token: token(t, b.signs, claims(b.clock.Now())),
		gateway: newGateway(t, must(signer.New(signer.Config{Keys: b.signs}))(t), tokenVerifier(t, b.verifies, b.clock.Now), 5*time.Minute),
	}
	b.Fail("Decrypt", 1, throttled())
	for i, want := range []int{500, 200, 200} {
		b.clock.Add(time.Second)
		if got := s.ask(protected[0]); got != want {
			t.Errorf("request %d: %d, want %d", i+1, got, want)
		}
	}
	if s.gateway.Calls() != 2 {
		t.Errorf("the authorizer was called %d times", s.gateway.Calls())
	}
}
