package binding_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/internal/testkeys"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/verifier"
	"github.com/lambdajwt/authorizer/verifier/binding"
)

// countingStore says that every proof is new, and notes that it was asked.
func countingStore(used *bool) binding.ProofStore {
	return store{first: true, use: func(string, time.Time) { *used = true }}
}

// The proof of RFC 9449 section 7.1, and the jkt of its key (section 6.1).
const (
	rfc9449Proof = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6Ik" +
		"VDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCR" +
		"nMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JE" +
		"QSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIj" +
		"oiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0Z" +
		"WRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNF" +
		"c05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71E" +
		"OptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA"
	rfc9449CNF = `{"jkt":"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}`
)

func TestTheExampleOfRFC9449IsAcceptedOnce(t *testing.T) {
	c := newClient(t, "ES256", "a")
	d := newDPoP(t, c, nil)
	c.clock.Add(time.Unix(1562262618, 0).Sub(c.clock.Now()))
	r := binding.Request{Method: "GET", URL: "https://resource.example.org/protectedresource", Token: bearer, DPoP: []string{rfc9449Proof}}
	wantRefused(t, d.Check(t.Context(), r, boundTo(t, strings.Replace(rfc9449CNF, "ZcOC", "zCoc", 1))), verifier.WrongBinding)
	wantAccepted(t, d.Check(t.Context(), r, boundTo(t, rfc9449CNF)))
	wantRefused(t, d.Check(t.Context(), r, boundTo(t, rfc9449CNF)), verifier.ReplayedProof)
}

func TestProofsOfEveryAlgorithmAreAccepted(t *testing.T) {
	for _, alg := range []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"} {
		t.Run(alg, func(t *testing.T) {
			c := newClient(t, alg, "a")
			d := newDPoP(t, c, nil)
			wantAccepted(t, d.Check(t.Context(), request(c.proof(t, "1", nil)), c.token(t)))
			named := c.sign(t, object{"typ": "dpop+jwt", "alg": alg, "jwk": c.key.Public()}, c.claims("2"))
			wantAccepted(t, d.Check(t.Context(), request(named), c.token(t)))
		})
	}
}

func TestAProofIsGoodForItsRequestAlone(t *testing.T) {
	c := newClient(t, "ES256", "a")
	for name, test := range map[string]struct {
		changes object
		request func(*binding.Request)
		want    verifier.Reason // empty: accepted
	}{
		"the request":                   {},
		"with a query":                  {request: func(r *binding.Request) { r.URL += "?a=b#c" }},
		"another method":                {request: func(r *binding.Request) { r.Method = "DELETE" }, want: verifier.WrongProof},
		"its method in small letters":   {changes: object{"htm": "get"}, want: verifier.WrongProof},
		"without a method":              {changes: object{"htm": nil}, want: verifier.WrongProof},
		"a list of methods":             {changes: object{"htm": []string{"GET"}}, want: verifier.WrongProof},
		"another path":                  {request: func(r *binding.Request) { r.URL += "2" }, want: verifier.WrongProof},
		"another host":                  {request: func(r *binding.Request) { r.URL = "https://api.example.org/orders/1" }, want: verifier.WrongProof},
		"another port":                  {request: func(r *binding.Request) { r.URL = "https://api.example.com:8443/orders/1" }, want: verifier.WrongProof},
		"another scheme":                {request: func(r *binding.Request) { r.URL = "http://api.example.com/orders/1" }, want: verifier.WrongProof},
		"without a URL":                 {changes: object{"htu": nil}, want: verifier.WrongProof},
		"a path alone":                  {changes: object{"htu": "/orders/1"}, want: verifier.WrongProof},
		"a URL with a user":             {changes: object{"htu": "https://user@api.example.com/orders/1"}, want: verifier.WrongProof},
		"another token":                 {request: func(r *binding.Request) { r.Token += "x" }, want: verifier.WrongProof},
		"for no token":                  {changes: object{"ath": nil}, want: verifier.WrongProof},
		"for an empty token":            {changes: object{"ath": ""}, want: verifier.WrongProof},
		"a padded hash":                 {changes: object{"ath": ath + "="}, want: verifier.WrongProof},
		"an hour ago":                   {changes: object{"iat": c.clock.Now().Unix() - 3600}, want: verifier.WrongProof},
		"an hour ahead":                 {changes: object{"iat": c.clock.Now().Unix() + 3600}, want: verifier.WrongProof},
		"at no time":                    {changes: object{"iat": nil}, want: verifier.WrongProof},
		"at a time in text":             {changes: object{"iat": "1767225600"}, want: verifier.WrongProof},
		"at a time in milliseconds":     {changes: object{"iat": c.clock.Now().UnixMilli()}, want: verifier.WrongProof},
		"over":                          {changes: object{"exp": c.clock.Now().Unix()}, want: verifier.WrongProof},
		"not over":                      {changes: object{"exp": c.clock.Now().Unix() + 1}},
		"over at a time in text":        {changes: object{"exp": "never"}, want: verifier.WrongProof},
		"without jti":                   {changes: object{"jti": nil}, want: verifier.WrongProof},
		"an empty jti":                  {changes: object{"jti": ""}, want: verifier.WrongProof},
		"a jti that is a number":        {changes: object{"jti": 1}, want: verifier.WrongProof},
		"a nonce that nobody asked for": {changes: object{"nonce": "x"}},
		"what others have added":        {changes: object{"acr": object{"x": 1}}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDPoP(t, c, nil)
			r := request(c.proof(t, "1", test.changes))
			if test.request != nil {
				test.request(&r)
			}
			err := d.Check(t.Context(), r, c.token(t))
			if test.want == "" {
				wantAccepted(t, err)
				return
			}
			wantRefused(t, err, test.want)
		})
	}
}

func TestAProofIsGoodForAWindowBothWays(t *testing.T) {
	c := newClient(t, "ES256", "a")
	for window, w := range map[time.Duration]time.Duration{0: time.Minute, 10 * time.Second: 10 * time.Second, 10 * time.Minute: 10 * time.Minute} {
		d := newDPoP(t, c, func(cfg *binding.DPoPConfig) { cfg.Window = window })
		seconds := int64(w / time.Second)
		for jti, test := range map[string]struct {
			iat  int64
			good bool
		}{
			"oldest":  {1 - seconds, true},
			"too old": {-seconds, false},
			"newest":  {seconds, true},
			"too new": {seconds + 1, false},
		} {
			err := d.Check(t.Context(), request(c.proof(t, jti, object{"iat": c.clock.Now().Unix() + test.iat})), c.token(t))
			if test.good {
				wantAccepted(t, err)
			} else {
				wantRefused(t, err, verifier.WrongProof)
			}
		}
	}
}

func TestAProofIsRememberedForAsLongAsItIsGood(t *testing.T) {
	c := newClient(t, "ES256", "a")
	d := newDPoP(t, c, nil)
	ahead := request(c.proof(t, "1", object{"iat": c.clock.Now().Unix() + 60}))
	wantAccepted(t, d.Check(t.Context(), ahead, c.token(t)))
	for range 119 {
		c.clock.Add(time.Second)
		wantRefused(t, d.Check(t.Context(), ahead, c.token(t)), verifier.ReplayedProof)
	}
	c.clock.Add(time.Second)
	wantRefused(t, d.Check(t.Context(), ahead, c.token(t)), verifier.WrongProof)
}

// While the store was asked the proof got too old, and the store may have forgotten it.
func TestAProofThatGetsTooOldWhileTheStoreIsAskedIsRefused(t *testing.T) {
	c := newClient(t, "ES256", "a")
	d := newDPoP(t, c, func(cfg *binding.DPoPConfig) {
		cfg.Proofs = store{first: true, use: func(string, time.Time) { c.clock.Add(time.Minute) }}
	})
	wantRefused(t, d.Check(t.Context(), request(c.proof(t, "1", nil)), c.token(t)), verifier.WrongProof)
}

func TestTheStoreIsAskedByAnIDOfBoundedLengthUntilTheProofIsTooOld(t *testing.T) {
	c, other := newClient(t, "ES256", "a"), newClient(t, "ES256", "b")
	var ids []string
	var until time.Time
	d := newDPoP(t, c, func(cfg *binding.DPoPConfig) {
		cfg.Proofs = store{first: true, use: func(id string, end time.Time) { ids, until = append(ids, id), end }}
	})
	wantAccepted(t, d.Check(t.Context(), request(c.proof(t, "1", nil)), c.token(t)))
	if want := c.clock.Now().Add(time.Minute); !until.Equal(want) {
		t.Errorf("remembered until %v, want %v", until, want)
	}
	wantAccepted(t, d.Check(t.Context(), request(c.proof(t, strings.Repeat("1", 4000), nil)), c.token(t)))
	wantAccepted(t, d.Check(t.Context(), request(other.proof(t, "1", nil)), other.token(t)))
	seen := map[string]bool{}
	for _, id := range ids {
		seen[id] = true
		if len(id) != 43 || strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			t.Errorf("got the ID %q", id)
		}
	}
	if len(seen) != 3 {
		t.Errorf("got %d IDs for three proofs", len(seen))
	}
}

func TestWhoeverIsRefusedUsesUpNoProof(t *testing.T) {
	c, thief := newClient(t, "ES256", "a"), newClient(t, "ES256", "b")
	used := false
	d := newDPoP(t, c, func(cfg *binding.DPoPConfig) { cfg.Proofs = countingStore(&used) })
	stolen := c.token(t)
	good := c.proof(t, "1", nil)
	for name, proofs := range map[string][]string{
		"the thief's own proof":   {thief.proof(t, "1", nil)},
		"another's signature":     {good[:strings.LastIndexByte(good, '.')] + "." + strings.Split(thief.proof(t, "1", nil), ".")[2]},
		"no proof":                {},
		"two proofs":              {good, good},
		"an old one":              {c.proof(t, "1", object{"iat": 1})},
		"for another URL":         {c.proof(t, "1", object{"htu": "https://api.example.com/"})},
		"one header of two":       {good + "," + good},
		"one header of two lines": {good + ", " + good},
	} {
		t.Run(name, func(t *testing.T) {
			if err := d.Check(t.Context(), request(proofs...), stolen); verifier.ReasonOf(err) == "" {
				t.Errorf("got %v", err)
			}
		})
	}
	wantRefused(t, d.Check(t.Context(), request(thief.proof(t, "1", nil)), stolen), verifier.WrongBinding)
	if used {
		t.Error("the store was asked")
	}
}

func TestNarrowerAlgorithmsHold(t *testing.T) {
	c, other := newClient(t, "ES256", "a"), newClient(t, "RS256", "a")
	allowed := []string{"ES256"}
	d := newDPoP(t, c, func(cfg *binding.DPoPConfig) { cfg.Algorithms = allowed })
	allowed[0] = "RS256" // which is the caller's to change
	wantAccepted(t, d.Check(t.Context(), request(c.proof(t, "1", nil)), c.token(t)))
	wantRefused(t, d.Check(t.Context(), request(other.proof(t, "1", nil)), other.token(t)), verifier.WrongProof)
}

func TestAnOutageIsNobodysFault(t *testing.T) {
	c := newClient(t, "ES256", "a")
	for name, change := range map[string]func(*binding.DPoPConfig){
		"of the store":  func(cfg *binding.DPoPConfig) { cfg.Proofs = store{first: true, err: errDown} },
		"of the nonces": func(cfg *binding.DPoPConfig) { cfg.Nonce = nonces("", true, errDown) },
		"of the public URL": func(cfg *binding.DPoPConfig) {
			cfg.PublicURL = func(binding.Request) (string, error) { return target, errDown }
		},
	} {
		t.Run(name, func(t *testing.T) {
			wantOutage(t, newDPoP(t, c, change).Check(t.Context(), request(c.proof(t, "1", nil)), c.token(t)), errDown)
		})
	}
	// A store may have refused a token of this program's own.
	refused := fmt.Errorf("the store: %w", &verifier.Error{Reason: verifier.Expired})
	for name, change := range map[string]func(*binding.DPoPConfig){
		"of a store that refuses":      func(cfg *binding.DPoPConfig) { cfg.Proofs = store{first: true, err: refused} },
		"of nonces that are not given": func(cfg *binding.DPoPConfig) { cfg.Nonce = nonces("", true, refused) },
	} {
		t.Run(name, func(t *testing.T) {
			wantOutage(t, newDPoP(t, c, change).Check(t.Context(), request(c.proof(t, "1", nil)), c.token(t)), nil)
		})
	}
	for name, change := range map[string]func(*binding.Request){
		"no method":                 func(r *binding.Request) { r.Method = "" },
		"no token":                  func(r *binding.Request) { r.Token = "" },
		"no URL":                    func(r *binding.Request) { r.URL = "" },
		"a path for a URL":          func(r *binding.Request) { r.URL = "/orders/1" },
		"a URL of another scheme":   func(r *binding.Request) { r.URL = "wss://api.example.com/orders/1" },
		"a URL that cannot be read": func(r *binding.Request) { r.URL = "https://api.example.com/%zz" },
		"a URL without a host": func(r *binding.Request) {
			r.URL, r.DPoP = "https:///1", []string{c.proof(t, "1", object{"htu": "https:///1"})}
		},
		"a URL with a user":          func(r *binding.Request) { r.URL = "https://user@api.example.com/orders/1" },
		"a URL that is an authority": func(r *binding.Request) { r.URL = "api.example.com:443" },
	} {
		t.Run(name, func(t *testing.T) {
			r := request(c.proof(t, "1", object{"htm": nil, "htu": nil, "ath": "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"}))
			change(&r)
			wantOutage(t, newDPoP(t, c, nil).Check(t.Context(), r, c.token(t)), nil)
		})
	}
}

func nonces(fresh string, ok bool, err error) func(context.Context, string) (string, bool, error) {
	return func(context.Context, string) (string, bool, error) { return fresh, ok, err }
}

func TestANonceIsAskedFor(t *testing.T) {
	c := newClient(t, "ES256", "a")
	d := newDPoP(t, c, func(cfg *binding.DPoPConfig) {
		cfg.Nonce = func(_ context.Context, nonce string) (string, bool, error) {
			return "n2", nonce == "n1" || nonce == "n2", nil
		}
	})
	for jti, nonce := range map[string]any{"1": nil, "2": "", "3": "n0", "4": 1} {
		err := d.Check(t.Context(), request(c.proof(t, jti, object{"nonce": nonce})), c.token(t))
		wantRefused(t, err, verifier.MissingNonce)
		if got := d.Challenge(err).Nonce; got != "n2" {
			t.Errorf("%v: got the nonce %q", nonce, got)
		}
	}
	// A proof that lacked the nonce is not used up.
	wantAccepted(t, d.Check(t.Context(), request(c.proof(t, "1", object{"nonce": "n1"})), c.token(t)))
	wantAccepted(t, d.Check(t.Context(), request(c.proof(t, "5", object{"nonce": "n2"})), c.token(t)))
}

func TestANonceThatCannotBeSentIsAMistake(t *testing.T) {
	c := newClient(t, "ES256", "a")
	for _, fresh := range []string{"", "a b", `a"b`, `a\b`, "a\r\nb", "ä", "a\x7f"} {
		d := newDPoP(t, c, func(cfg *binding.DPoPConfig) { cfg.Nonce = nonces(fresh, false, nil) })
		wantOutage(t, d.Check(t.Context(), request(c.proof(t, "1", nil)), c.token(t)), nil)
	}
	d := newDPoP(t, c, func(cfg *binding.DPoPConfig) { cfg.Nonce = nonces("!#[]~", false, nil) })
	wantRefused(t, d.Check(t.Context(), request(c.proof(t, "1", nil)), c.token(t)), verifier.MissingNonce)
}

func TestNewDPoPSaysWhichSettingToMend(t *testing.T) {
	var none *binding.Memory
	for want, cfg := range map[string]binding.DPoPConfig{
		"set DPoPConfig.Proofs":                {},
		"that all processes share":             {Proofs: none},
		"DPoPConfig.Algorithms is empty":       {Proofs: store{}, Algorithms: []string{}},
		`DPoPConfig.Algorithms holds "HS256"`:  {Proofs: store{}, Algorithms: []string{"ES256", "HS256"}},
		`DPoPConfig.Algorithms holds "none"`:   {Proofs: store{}, Algorithms: []string{"none"}},
		"DPoPConfig.Window is -1ns":            {Proofs: store{}, Window: -1},
		"DPoPConfig.Window is 10m0.000000001s": {Proofs: store{}, Window: 10*time.Minute + 1},
	} {
		d, err := binding.NewDPoP(cfg)
		if d != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// A standard library that refuses to work with a key is no verdict on the proof.
func TestTheKeysOfProofsAreHeldToWhatAllKeysAre(t *testing.T) {
	c := newClient(t, "RS256", "a")
	d := newDPoP(t, c, nil)
	weak, err := keys.ParsePublicPEM("RS256", testkeys.PEM(t, "rsa2048-a.spki"))
	if err != nil {
		t.Fatal(err)
	}
	jwk := read(t, weak)
	jwk["n"] = jwk["n"].(string)[:128] // 768 bits
	proof := c.sign(t, object{"typ": "dpop+jwt", "alg": "RS256", "jwk": jwk}, c.claims("1"))
	err = d.Check(t.Context(), request(proof), c.token(t))
	wantRefused(t, err, verifier.WrongProof)
	if errors.Is(err, keys.ErrSignature) {
		t.Errorf("got as far as the signature: %v", err)
	}
}

func TestADPoPSaysWhetherEveryTokenNeedsAProof(t *testing.T) {
	c := newClient(t, "ES256", "a")
	if !newDPoP(t, c, nil).RequiresProof() {
		t.Error("by default it does not")
	}
	if newDPoP(t, c, func(cfg *binding.DPoPConfig) { cfg.AllowBearerTokens = true }).RequiresProof() {
		t.Error("with bearer tokens it does")
	}
	if !(*binding.DPoP)(nil).RequiresProof() {
		t.Error("what nobody made does not")
	}
}
