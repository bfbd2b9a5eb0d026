package revocation_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
	"github.com/lambdajwt/authorizer/verifier/revocation"
)

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// exampleToken is what a login function gives out.
func exampleToken(key keys.SigningSource, claims map[string]any) string {
	issuer, err := signer.NewIssuer(signer.IssuerConfig{
		Keys: key, Issuer: "https://login.example.com", Audience: []string{"orders"}, Lifetime: time.Hour,
	})
	check(err)
	text, err := issuer.Issue(context.Background(), "user-1", claims)
	check(err)
	return text
}

// A user logs out, and the tokens of the session are refused.
func ExampleNew() {
	ctx := context.Background()
	key, err := keys.HMAC("HS256", []byte("an example's secret, and not yours!"))
	check(err)
	var store revocation.Memory // a table that all functions share takes its place
	c, err := revocation.New(revocation.Config{Store: &store})
	check(err)
	v, err := verifier.New(verifier.Config{
		Keys: key, Issuer: "https://login.example.com", Audience: []string{"orders"}, Check: c.Check,
	})
	check(err)

	text := exampleToken(key, map[string]any{"sid": "session-1"})
	token, err := v.Verify(ctx, text)
	check(err)
	fmt.Println("before:", token.Subject)

	store.Revoke(revocation.Key{Kind: revocation.BySession, Issuer: token.Issuer, ID: "session-1"}, time.Now())
	_, err = v.Verify(ctx, text)
	fmt.Println("after:", errors.Is(err, revocation.ErrRevoked))
	// Output:
	// before: user-1
	// after: true
}

// A table is a database's: it gets several items by their keys in one call.
type table interface {
	BatchGet(ctx context.Context, keys []string) (map[string]int64, error)
}

// A tableStore keeps in each item, under the text of a Key, since when it is revoked. Let
// items expire with the last token that they are about.
type tableStore struct{ table table }

func (s tableStore) Lookup(ctx context.Context, keys []revocation.Key) (map[revocation.Key]time.Time, error) {
	var texts []string
	for _, key := range keys {
		texts = append(texts, key.String())
	}
	items, err := s.table.BatchGet(ctx, texts)
	if err != nil {
		return nil, err // an outage
	}
	found := map[revocation.Key]time.Time{}
	for _, key := range keys {
		if since, listed := items[key.String()]; listed {
			found[key] = time.Unix(since, 0)
		}
	}
	return found, nil
}

// All tokens of a subject that were issued until now are refused, and those issued
// afterwards are not: after a change of password, for one.
func ExampleStore() {
	now := time.Now().Unix()
	c, err := revocation.New(revocation.Config{
		Store: tableStore{exampleTable{"sub:https%3A%2F%2Flogin.example.com:user-1": now}},
		Kinds: []revocation.Kind{revocation.BySubject},
	})
	check(err)
	for _, iat := range []int64{now - 60, now + 1} {
		token, err := verifier.TrustClaims(fmt.Appendf(nil, `{"iss":"https://login.example.com","sub":"user-1","iat":%d}`, iat))
		check(err)
		fmt.Println(errors.Is(c.Check(context.Background(), token), revocation.ErrRevoked))
	}
	// Output:
	// true
	// false
}

// exampleTable takes the place of a database.
type exampleTable map[string]int64

func (t exampleTable) BatchGet(_ context.Context, keys []string) (map[string]int64, error) {
	found := map[string]int64{}
	for _, key := range keys {
		if since, listed := t[key]; listed {
			found[key] = since
		}
	}
	return found, nil
}

// What an outage of the store means is said by name, and is seen.
func ExampleConfig_acceptUnchecked() {
	c, err := revocation.New(revocation.Config{
		Store: tableStore{brokenTable{}},
		AcceptUnchecked: func(_ context.Context, t *verifier.Token, err error) bool {
			fmt.Println("accepted unchecked:", t.Subject, err)
			return true
		},
	})
	check(err)
	token, err := verifier.TrustClaims([]byte(`{"sub":"user-1"}`))
	check(err)
	fmt.Println(c.Check(context.Background(), token))
	// Output:
	// accepted unchecked: user-1 connection refused
	// <nil>
}

type brokenTable struct{}

func (brokenTable) BatchGet(context.Context, []string) (map[string]int64, error) {
	return nil, errors.New("connection refused")
}

// Opaque tokens are introspected, and remembered for a minute.
func ExampleNewIntrospector() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.PostFormValue("token") != "opaque-1" {
			io.WriteString(w, `{"active":false}`)
			return
		}
		fmt.Fprintf(w, `{"active":true,"iss":"https://login.example.com","aud":"orders","sub":"user-1","exp":%d}`, time.Now().Unix()+60)
	}))
	defer server.Close()

	i, err := revocation.NewIntrospector(revocation.IntrospectionConfig{
		URL:          server.URL + "/introspect",
		Authenticate: revocation.Basic("orders", "the secret of this API"),
		Claims:       verifier.Config{Issuer: "https://login.example.com", Audience: []string{"orders"}},
	})
	check(err)
	v, err := verifier.Cached(i, verifier.CacheConfig{Size: 1000, MaxAge: time.Minute})
	check(err)

	token, err := v.Verify(context.Background(), "opaque-1")
	check(err)
	fmt.Println(token.Subject)
	_, err = v.Verify(context.Background(), "opaque-2")
	fmt.Println(verifier.ReasonOf(err))
	// Output:
	// user-1
	// inactive
}
