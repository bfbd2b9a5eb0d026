package verifier_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/verifier"
)

// tenants makes verifiers of issuers by the hundred, and counts them.
type tenants struct {
	t    testing.TB
	key  algorithmKey
	mu   sync.Mutex
	made map[string]int
	err  error
}

func (n *tenants) verifier(issuer string) (verifier.Verifier, error) {
	if n.err != nil {
		return nil, n.err
	}
	n.mu.Lock()
	n.made[issuer]++
	n.mu.Unlock()
	return newVerifier(n.t, n.key, func(c *verifier.Config) { c.Issuer = issuer }), nil
}

func (n *tenants) token(issuer string) string {
	return forge(n.t, n.key, header(n.key), strings.Replace(good, "https://login.example.com", issuer, 1))
}

func newTenants(t testing.TB, size int) (*tenants, verifier.Verifier) {
	t.Helper()
	n := &tenants{t: t, key: secret(t, "", "HS256"), made: map[string]int{}}
	v, err := verifier.ByIssuerFunc(verifier.IssuersConfig{
		Allow:    func(issuer string) bool { return strings.HasPrefix(issuer, "https://login.example.com/") },
		Verifier: n.verifier, Size: size,
	})
	if err != nil {
		t.Fatal(err)
	}
	return n, v
}

func TestAVerifierIsMadeOncePerIssuerAndForThoseThatAreAllowed(t *testing.T) {
	n, v := newTenants(t, 0)
	for range 3 {
		for i := range 50 {
			issuer := fmt.Sprint("https://login.example.com/", i)
			if got, err := v.Verify(context.Background(), n.token(issuer)); err != nil || got.Issuer != issuer {
				t.Fatalf("%s: %v, %v", issuer, got, err)
			}
		}
	}
	for _, issuer := range []string{"https://evil.example", "", "https://login.example.com"} {
		wantRefused(t, v, n.token(issuer), verifier.Unproven)
	}
	if len(n.made) != 50 || n.made["https://login.example.com/7"] != 1 {
		t.Errorf("made %v", n.made)
	}
}

func TestAnIssuerThatIsAllowedNoMoreIsRefusedAtOnce(t *testing.T) {
	n, allowed := &tenants{t: t, key: secret(t, "", "HS256"), made: map[string]int{}}, true
	v, err := verifier.ByIssuerFunc(verifier.IssuersConfig{Allow: func(string) bool { return allowed }, Verifier: n.verifier})
	if err != nil {
		t.Fatal(err)
	}
	token := n.token("https://login.example.com/1")
	if _, err := v.Verify(context.Background(), token); err != nil {
		t.Fatal(err)
	}
	allowed = false
	wantRefused(t, v, token, verifier.Unproven)
}

func TestNamesThatAreMadeUpPushNoIssuerOut(t *testing.T) {
	n, v := newTenants(t, 2)
	if _, err := v.Verify(context.Background(), n.token("https://login.example.com/good")); err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		wantRefused(t, v, n.token(fmt.Sprint("https://login.example.com/", i))+"A", verifier.WrongSignature)
	}
	if _, err := v.Verify(context.Background(), n.token("https://login.example.com/good")); err != nil || n.made["https://login.example.com/good"] != 1 {
		t.Errorf("%v, made %d times", err, n.made["https://login.example.com/good"])
	}
}

func TestAnIssuerWithoutAVerifierIsAnOutage(t *testing.T) {
	n, v := newTenants(t, 0)
	for _, n.err = range []error{errors.New("the table of tenants is down"), verifier.ErrInvalidToken} {
		got, err := v.Verify(context.Background(), n.token("https://login.example.com/1"))
		if got != nil || err == nil || errors.Is(err, verifier.ErrInvalidToken) || !strings.Contains(err.Error(), n.err.Error()) {
			t.Errorf("got %v, %v", got, err)
		}
	}
	nothing, err := verifier.ByIssuerFunc(verifier.IssuersConfig{
		Allow:    func(string) bool { return true },
		Verifier: func(string) (verifier.Verifier, error) { return (*verifier.Local)(nil), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := nothing.Verify(context.Background(), n.token("x")); got != nil || err == nil || errors.Is(err, verifier.ErrInvalidToken) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestByIssuerFuncSaysWhichSettingToMend(t *testing.T) {
	allow := func(string) bool { return true }
	make := func(string) (verifier.Verifier, error) { return nil, nil }
	for want, cfg := range map[string]verifier.IssuersConfig{
		"Allow": {Verifier: make}, "Verifier": {Allow: allow}, "Size is -1": {Allow: allow, Verifier: make, Size: -1},
		"Size is 10001": {Allow: allow, Verifier: make, Size: 10_001},
	} {
		if v, err := verifier.ByIssuerFunc(cfg); v != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, %v", want, v, err)
		}
	}
}

func TestByIssuerFuncIsSafeForConcurrentUse(t *testing.T) {
	n, v := newTenants(t, 3)
	var wait sync.WaitGroup
	for i := range 8 {
		token := n.token(fmt.Sprint("https://login.example.com/", i))
		wait.Go(func() {
			for range 50 {
				if _, err := v.Verify(context.Background(), token); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
}

// anyIssuer verifies the tokens of whoever is named, by what make returns.
func anyIssuer(t testing.TB, size int, make func(issuer string) (verifier.Verifier, error)) verifier.Verifier {
	t.Helper()
	v, err := verifier.ByIssuerFunc(verifier.IssuersConfig{Allow: func(string) bool { return true }, Verifier: make, Size: size})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestATokenThatNamesNoKnownIssuerSaysSo(t *testing.T) {
	key := secret(t, "", "HS256")
	local := newVerifier(t, key, nil)
	byIssuer, err := verifier.ByIssuer(local)
	if err != nil {
		t.Fatal(err)
	}
	_, allowed := newTenants(t, 0)
	nobody := anyIssuer(t, 0, func(issuer string) (verifier.Verifier, error) {
		t.Errorf("asked for a verifier of %q", issuer)
		return local, nil
	})
	for name, v := range map[string]verifier.Verifier{"ByIssuer": byIssuer, "ByIssuerFunc": allowed, "ByIssuerFunc that allows everybody": nobody} {
		for _, test := range []struct {
			name, token string
			want        verifier.Error
		}{
			{"no token", "abc", verifier.Error{Reason: verifier.Malformed, Detail: verifier.NotThreeParts}},
			{"a token over a MiB", strings.Repeat("A", 1<<20+1), verifier.Error{Reason: verifier.TooLarge}},
			{"no issuer", forge(t, key, header(key), `{"sub":"a"}`), verifier.Error{Reason: verifier.Unproven, Detail: verifier.UnknownIssuer}},
			{"an empty issuer", forge(t, key, header(key), `{"iss":""}`), verifier.Error{Reason: verifier.Unproven, Detail: verifier.UnknownIssuer}},
			{"two issuers", forge(t, key, header(key), `{"iss":"a","iss":"b"}`), verifier.Error{Reason: verifier.Unproven, Detail: verifier.Detail(verifier.Malformed)}},
			{"an issuer that is a number", forge(t, key, header(key), `{"iss":1}`), verifier.Error{Reason: verifier.Unproven, Detail: verifier.Detail(verifier.Malformed)}},
		} {
			got, err := v.Verify(context.Background(), test.token)
			var refusal *verifier.Error
			if got != nil || !errors.As(err, &refusal) || refusal.Reason != test.want.Reason || refusal.Detail != test.want.Detail {
				t.Errorf("%s: %s: got %v, %v", name, test.name, got, err)
			}
		}
	}
}

func TestTheVerifierOfAnIssuerWithoutAGoodTokenIsKeptToo(t *testing.T) {
	n, v := newTenants(t, 2)
	const bad, good = "https://login.example.com/bad", "https://login.example.com/good"
	for range 3 {
		wantRefused(t, v, n.token(bad)+"A", verifier.WrongSignature)
	}
	if n.made[bad] != 1 {
		t.Errorf("made %d times", n.made[bad])
	}
	// A good token behind a bad one keeps its issuer as one in front of it does.
	wantRefused(t, v, n.token(good)+"A", verifier.WrongSignature)
	for range 2 {
		if _, err := v.Verify(context.Background(), n.token(good)); err != nil || n.made[good] != 1 {
			t.Errorf("%v, made %d times", err, n.made[good])
		}
		for i := range 100 {
			wantRefused(t, v, n.token(fmt.Sprint("https://login.example.com/", i))+"A", verifier.WrongSignature)
		}
	}
}

func TestAHundredIssuersAreKeptUnlessSizeSaysOtherwise(t *testing.T) {
	for size, kept := range map[int]int{0: 100, 1: 1, 7: 7} {
		n, v := newTenants(t, size)
		verify := func(i int) {
			if _, err := v.Verify(context.Background(), n.token(fmt.Sprint("https://login.example.com/", i))); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			for i := range kept {
				verify(i)
			}
		}
		if len(n.made) != kept || n.made["https://login.example.com/0"] != 1 {
			t.Errorf("size %d: made %v", size, n.made)
		}
		verify(kept) // pushes the first out
		verify(0)
		if n.made["https://login.example.com/0"] != 2 {
			t.Errorf("size %d: made %v", size, n.made)
		}
	}
	for size, want := range map[int]bool{1: true, 10_000: true, 10_001: false, -1: false} {
		_, err := verifier.ByIssuerFunc(verifier.IssuersConfig{
			Allow: func(string) bool { return true }, Verifier: func(string) (verifier.Verifier, error) { return nil, nil }, Size: size,
		})
		if (err == nil) != want {
			t.Errorf("size %d: %v", size, err)
		}
	}
}

func TestAnIssuerWhoseTokensComeMostIsKeptLongest(t *testing.T) {
	n, v := newTenants(t, 2)
	for _, issuer := range []string{"a", "b", "a", "c", "a", "b"} { // c pushes b out
		if _, err := v.Verify(context.Background(), n.token("https://login.example.com/"+issuer)); err != nil {
			t.Fatal(err)
		}
	}
	if n.made["https://login.example.com/a"] != 1 || n.made["https://login.example.com/b"] != 2 || n.made["https://login.example.com/c"] != 1 {
		t.Errorf("made %v", n.made)
	}
}

// The second is made while the first is.
func TestOfTwoVerifiersOfOneIssuerOneIsUsed(t *testing.T) {
	n := &tenants{t: t, key: secret(t, "", "HS256"), made: map[string]int{}}
	const issuer = "https://login.example.com/1"
	var v verifier.Verifier
	asked := [2]*counting{}
	v = anyIssuer(t, 1, func(name string) (verifier.Verifier, error) {
		inner, err := n.verifier(name)
		own := &counting{Verifier: inner}
		switch {
		case name != issuer:
		case n.made[issuer] == 1:
			asked[1] = own
			wantRefused(t, v, n.token(issuer)+"A", verifier.WrongSignature)
		case n.made[issuer] == 2:
			asked[0] = own
		}
		return own, err
	})
	for range 3 {
		if _, err := v.Verify(context.Background(), n.token(issuer)); err != nil {
			t.Fatal(err)
		}
		for i := range 5 { // which cannot push it out, because it has had a good token
			wantRefused(t, v, n.token(fmt.Sprint("https://login.example.com/x", i))+"A", verifier.WrongSignature)
		}
	}
	if n.made[issuer] != 2 || asked[0].asked != 4 || asked[1].asked != 0 {
		t.Errorf("made %d, asked the first %d times and the second %d times", n.made[issuer], asked[0].asked, asked[1].asked)
	}
}

func TestTheErrorOfMakingAVerifierIsWrapped(t *testing.T) {
	outage := errors.New("the table of tenants is down")
	key := secret(t, "", "HS256")
	token := forge(t, key, header(key), good)
	got, err := anyIssuer(t, 0, func(string) (verifier.Verifier, error) { return nil, outage }).Verify(context.Background(), token)
	if got != nil || !errors.Is(err, outage) {
		t.Errorf("got %v, %v", got, err)
	}
	for name, nothing := range map[string]verifier.Verifier{"nil": nil, "a nil Local": (*verifier.Local)(nil), "a zero Cache": new(verifier.Cache)} {
		got, err := anyIssuer(t, 0, func(string) (verifier.Verifier, error) { return nothing, nil }).Verify(context.Background(), token)
		if got != nil || err == nil || !strings.Contains(err.Error(), "neither a verifier nor an error") {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

func TestByIssuerFuncReadsTokensOfUpToAMiB(t *testing.T) {
	key := secret(t, "", "HS256")
	v := anyIssuer(t, 0, func(string) (verifier.Verifier, error) {
		return newVerifier(t, key, func(c *verifier.Config) { c.MaxTokenSize = 1 << 20 }), nil
	})
	for size, want := range map[int]verifier.Reason{1 << 20: "", 1<<20 + 1: verifier.TooLarge} {
		if got, err := v.Verify(context.Background(), tokenOfSize(t, key, size)); verifier.ReasonOf(err) != want || (got == nil) != (err != nil) {
			t.Errorf("%d bytes: got %v, %v", size, got, err)
		}
	}
}

// tokenOfSize returns a good token of so many bytes.
func tokenOfSize(t testing.TB, key keys.SigningKey, size int) string {
	t.Helper()
	for pad := range 4 { // three bytes in four characters: a longer header makes up for it
		head := strings.TrimSuffix(header(key), "}") + `,"pad":"` + strings.Repeat("p", pad) + `"}`
		empty := strings.TrimSuffix(good, "}") + `,"x":""}`
		rest := size - len(forge(t, key, head, empty))
		for more := max(rest*3/4-3, 0); more <= rest*3/4+3; more++ {
			token := forge(t, key, head, strings.Replace(empty, `"x":""`, `"x":"`+strings.Repeat("x", more)+`"`, 1))
			if len(token) == size {
				return token
			}
		}
	}
	t.Fatalf("no token of %d bytes", size)
	return ""
}

// All tokens are found good at the same time, and nothing orders what comes then.
func TestIssuersAreProvenAtTheSameTime(t *testing.T) {
	n := &tenants{t: t, key: secret(t, "", "HS256"), made: map[string]int{}}
	const issuers = 8
	var together sync.WaitGroup
	together.Add(issuers)
	v := anyIssuer(t, issuers, func(issuer string) (verifier.Verifier, error) {
		inner, err := n.verifier(issuer)
		var once sync.Once
		return verifierFunc(func(ctx context.Context, token string) (*verifier.Token, error) {
			got, err := inner.Verify(ctx, token)
			once.Do(func() {
				together.Done()
				together.Wait()
			})
			return got, err
		}), err
	})
	var tokens [issuers]string
	for i := range tokens {
		tokens[i] = n.token(fmt.Sprint("https://login.example.com/", i))
	}
	verify := func(token string) {
		if _, err := v.Verify(context.Background(), token); err != nil {
			t.Error(err)
		}
	}
	var group sync.WaitGroup
	for _, token := range tokens {
		group.Go(func() { verify(token) })
	}
	group.Wait()
	for _, token := range tokens {
		verify(token)
	}
	for issuer, made := range n.made {
		if made != 1 {
			t.Errorf("%s: made %d times", issuer, made)
		}
	}
}

// The rest of the token that named an issuer first is not kept with its verifier.
func TestWhatIsKeptOfAnIssuerIsItsNameAlone(t *testing.T) {
	const issuers, size = 20, 200_000
	key := secret(t, "", "HS256")
	long := `,"x":"` + strings.Repeat("x", size) + `"}`
	for name, refusal := range map[string]error{"proven": nil, "not proven": verifier.ErrInvalidToken} {
		v := anyIssuer(t, issuers, func(issuer string) (verifier.Verifier, error) {
			own := strings.Clone(issuer)
			return verifierFunc(func(context.Context, string) (*verifier.Token, error) {
				return &verifier.Token{Issuer: own}, refusal
			}), nil
		})
		before := heap()
		for i := range issuers {
			token := forge(t, key, header(key), fmt.Sprintf(`{"iss":"tenant-%d"`, i)+long)
			if _, err := v.Verify(context.Background(), token); !errors.Is(err, refusal) {
				t.Errorf("%s: got %v", name, err)
			}
		}
		if kept := int64(heap() - before); kept > issuers*size/10 {
			t.Errorf("%s: %d issuers take %d bytes", name, issuers, kept)
		}
		runtime.KeepAlive(v)
	}
}

// heap returns how many bytes are in use.
func heap() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
