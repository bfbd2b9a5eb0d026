package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/examples/internal/awskms"
	"github.com/lambdajwt/authorizer/examples/internal/tell"
	"github.com/lambdajwt/authorizer/examples/internal/tellkms"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
	"github.com/lambdajwt/authorizer/verifier"
)

// tellStory plays what becomes of tokens, and says of each request which calls to KMS
// it took. Its clock stands still but for the leaps that the story tells of.
func tellStory(ctx context.Context, out io.Writer, build builder, clock time.Time) error {
	local := awskms.NewLocal(time.Now)
	defer local.Close()
	password := rand.Text()
	set, err := localSettings(local, password)
	if err != nil {
		return err
	}
	t := tellkms.New(out, local.KMS)
	var cachedBy authorizer.CacheKey // as the log of the last call says
	set.build = build
	set.now, set.observer = func() time.Time { return clock }, func(ctx context.Context, o authorizer.Outcome) {
		cachedBy = o.CachedBy
		t.Outcome(ctx, o)
	}
	var api *authorizertest.Gateway
	shut := func() {}
	defer func() { shut() }()
	var sources []string
	deploy := func() error { // new functions, which have nothing in their caches
		shut()
		api, err = newAPI(local.Client, set, func(cfg *authorizertest.Config) {
			cfg.Observer = t.Invocation
			if sources != nil {
				cfg.IdentitySources = sources
			}
		})
		if err != nil {
			return err
		}
		shut = t.Open(api)
		return nil
	}
	if err := deploy(); err != nil {
		return err
	}

	t.Title("kmsasymmetric: signed by KMS, verified by anybody")
	t.Say(`An API Gateway is played in this process, at %s: an HTTP API with a Lambda
		authorizer, which caches policies for %g seconds by the token, the method, the path
		and the route.
		KMS is played, too, with an RSA key of 2048 bits. The functions talk to it over HTTP, with
		the AWS SDK's own client, and the calls that it gets are counted here. Tokens are good
		for %g minutes. They are shortened here, passwords hidden.`, t.URL(), cacheTTL.Seconds(), lifetime.Minutes())

	t.Chapter("Ann gets a token")
	getToken := func(want int, calls string) (token string) {
		var got struct{ Token string }
		t.Call(ctx, tell.Request{Do: "POST /token", Want: want, Body: credentials{"ann", password}}, calls, &got)
		return got.Token
	}
	t.Say("The token function sends KMS a digest, and gets the signature:")
	token := getToken(200, "1 Sign")
	t.Say(`The private key has never left KMS. The token's kid is the ID of the KMS key, and its scope
		and region are what Ann may do:`)
	t.Token(token)

	t.Chapter("She calls protected routes")
	call := func(do, token string, want int, calls string) {
		t.Call(ctx, tell.Request{Do: do, Token: token, Want: want}, calls, nil)
	}
	t.Say(`The authorizer fetches the public key, checks the signature by itself, and looks up the
		route in its table. Its policy is about this method and path alone, and ends with the
		token.`)
	t.Call(ctx, tell.Request{Do: "GET /whoami", Token: token, Want: 200, Detail: true}, "1 GetPublicKey", nil)
	t.Say(`GET /reports/{region} needs the scope %s, and is bound to the region in the token:`, scopeRead)
	call("GET /reports/eu", token, 200, "none")
	call("GET /reports/us", token, 403, "none")
	t.Say("DELETE /reports/{region} is for admins:")
	call("DELETE /reports/eu", token, 403, "none")

	t.Chapter("API Gateway remembers, and is still right")
	t.Say(`Each answer is in the cache under the token, the method, the path and the route that it
		is about. So
		none decides another request:`)
	call("GET /whoami", token, 200, "none")
	call("GET /reports/eu", token, 200, "none")
	call("GET /reports/us", token, 403, "none")
	call("DELETE /reports/eu", token, 403, "none")
	if err := t.End(); err != nil { // rather than what comes of a story without a token
		return err
	}
	before := tellkms.Count(local.KMS)
	if err := crowd(ctx, local.KMS, api, password); err != nil {
		return err
	}
	t.Say("A hundred more tokens, each for one request, take these calls to KMS: %s.", tellkms.Count(local.KMS).Since(before))
	clock = clock.Add(6 * time.Minute)
	t.Say(`Six minutes later (this story has a clock of its own) API Gateway has forgotten. And it is
		time to fetch the key again, which the authorizer does every %g minutes, to learn of it if
		somebody has disabled the key:`, kmskeys.DefaultMaxAge.Minutes())
	call("GET /whoami", token, 200, "1 GetPublicKey")
	clock = clock.Add(lifetime - 7*time.Minute)
	t.Say("A minute before the token ends there is a new answer in the cache,")
	call("GET /whoami", token, 200, "1 GetPublicKey")
	clock = clock.Add(time.Minute)
	t.Say("which allows nothing any more when the token has ended:")
	call("GET /whoami", token, 403, "none")
	t.Say("What is not in the cache is refused by the authorizer:")
	call("GET /reports/eu", token, 401, "none")

	t.Chapter("If the cache goes by the token alone")
	t.Say(`API Gateway's usual identity source is the header Authorization, and nothing else. Then the
		answer to the first request decides all others of the same token:`)
	sources = identitySources()[:1]
	if err := deploy(); err != nil {
		return err
	}
	token = getToken(200, "1 Sign")
	call("GET /whoami", token, 200, "1 GetPublicKey")
	call("GET /reports/eu", token, 403, "none")
	t.Say(`The policy in the cache is about GET /whoami, and IAM denies what no policy allows: one
		request too many is denied here, and none can be allowed. The log of the first request
		shows the mistake, by cached_by=%s. A cache that cannot have other sources, that of a
		TOKEN authorizer, needs authorizer.ByScope instead, whose policies say all that a token
		may do; a route that is bound to a claim is not for it.`, cachedBy)
	sources = nil
	if err := deploy(); err != nil {
		return err
	}

	t.Chapter("Anybody may verify")
	t.Say(`The public key can be published as a JWK set, for API Gateway's own JWT authorizer, say,
		which needs no function at all:`)
	source, err := kmskeys.NewAsymmetricVerifier(local.Client, set.asymmetric(set.key))
	if err != nil {
		return err
	}
	jwks, err := source.PublicSet(ctx)
	if err != nil {
		return err
	}
	text, err := json.Marshal(jwks)
	if err != nil {
		return err
	}
	t.JSON("JWK set", shorten(text))
	fmt.Fprintln(out)
	subject, err := verifyWith(ctx, text, token, set.now)
	if err != nil {
		return err
	}
	t.Say("A verifier that has this set and nothing else takes Ann's token. Its subject is %s.", subject)

	t.Chapter("What is refused without a call")
	whoami := func(token string, want int, calls string) { call("GET /whoami", token, want, calls) }
	t.Say("The authorizer has the public key:")
	whoami(token, 200, "1 GetPublicKey")
	t.Say("No token:")
	whoami("", 401, "none")
	t.Say("Ann's token, with Bob's name in it and its signature as it was:")
	whoami(tell.Tamper(token, "ann", "bob"), 401, "none")
	t.Say(`A token that says HS256, signed with the text of the public key as if that were a secret.
		The key is for %s and nothing else, whatever a token says:`, set.algorithm)
	publicPEM, err := pemOf(ctx, local.Client, set)
	if err != nil {
		return err
	}
	whoami(tell.Confuse(token, publicPEM), 401, "none")
	t.Say("A token of another KMS key, whose kid nobody here knows:")
	other := set
	if other.key, err = local.KMS.AddKey(types.KeySpecRsa2048, nil); err != nil {
		return err
	}
	foreign, err := newLogin(local.Client, other)
	if err != nil {
		return err
	}
	forged, err := foreign.Issue(ctx, "ann")
	if err != nil {
		return err
	}
	whoami(forged, 401, "none")

	t.Chapter("Or KMS verifies")
	t.Say(`With VERIFY_IN_KMS=1 the authorizer has no public key, and KMS verifies each token that it is
		asked about: each is in CloudTrail, and a key that is disabled counts from the next one on.`)
	set.inKMS = true
	if err := deploy(); err != nil {
		return err
	}
	whoami(token, 200, "1 Verify")
	t.Say("API Gateway's cache saves calls here as well, route by route:")
	whoami(token, 200, "none")
	call("GET /reports/eu", token, 200, "1 Verify")
	t.Say("A forged token costs a call, but only once:")
	whoami(tell.Tamper(token, "ann", "bob"), 401, "1 Verify")
	whoami(tell.Tamper(token, "ann", "bob"), 401, "none")
	set.inKMS = false
	if err := deploy(); err != nil {
		return err
	}

	t.Chapter("KMS fails")
	t.Say("Ann gets another token:")
	token = getToken(200, "1 Sign")
	whoami(token, 200, "1 GetPublicKey")
	local.KMS.Fail("", kmstest.Forever, kmstest.Error("KMSInternalException", "KMS is not well"))
	t.Say("KMS answers every call with an error. The authorizer does not need it:")
	call("GET /reports/eu", token, 200, "none")
	clock = clock.Add(6 * time.Minute)
	t.Say(`Six minutes later it is time to fetch the key again, and that fails; the SDK's client tries
		twice. For %g hour the authorizer goes on with the key that it has:`, kmskeys.DefaultGrace.Hours())
	whoami(token, 200, "2 GetPublicKey")
	t.Say("But nobody gets a new token:")
	getToken(500, "2 Sign")
	t.Say(`An authorizer that has just started has no key at all, and cannot tell whether the token
		is good. That is not the token's fault, and so neither a 401 nor a policy that denies: the
		authorizer fails, which API Gateway does not cache.`)
	if err := deploy(); err != nil {
		return err
	}
	whoami(token, 500, "2 GetPublicKey")
	local.KMS.Heal()
	clock = clock.Add(time.Second)
	t.Say("A second after KMS is well again, the token is good:")
	whoami(token, 200, "1 GetPublicKey")

	t.Chapter("Another key takes over")
	t.Say(`Asymmetric KMS keys do not rotate by themselves. A new one becomes KMS_KEY, and the old
		one KMS_KEY_PREVIOUS until its last token has expired. Ann's old token and a new one are
		both good:`)
	set.previous, set.key = set.key, other.key
	if err := deploy(); err != nil {
		return err
	}
	whoami(token, 200, "1 GetPublicKey")
	another := getToken(200, "1 Sign")
	whoami(another, 200, "1 GetPublicKey")
	t.Say("Without KMS_KEY_PREVIOUS the old token is no longer one of ours:")
	set.previous = ""
	if err := deploy(); err != nil {
		return err
	}
	whoami(token, 401, "none")

	t.Chapter("As the document has it")
	set.asDocument, set.inKMS = true, true
	if err := deploy(); err != nil {
		return err
	}
	t.Say(`With AS_DOCUMENT=1, and VERIFY_IN_KMS=1 as there, all is as clients of the document have it,
		so that its login and its authorizer can be replaced one after the other: a REST API, a
		token as the whole answer, its kid an ARN, its signature in another base64.`)
	var documents string
	t.Call(ctx, tell.Request{Do: "POST /token", Want: 200, Body: credentials{"ann", password}}, "1 Sign", &documents)
	t.Token(documents)
	t.Say("It is good for %g hours, and for the whole API.", documentLifetime.Hours())
	whoami(documents, 200, "1 Verify")
	t.Say("A token that is at fault gets a policy that denies, and not a 401:")
	whoami(tell.Tamper(documents, "ann", "bob"), 403, "1 Verify")
	t.Say(`What is not as the document has it, and why, is in a table in document_test.go: this login
		looks at a password, for one thing.`)

	t.Say("That was all. KMS was called %d times. Run it with -serve to try it yourself.", local.KMS.Calls(""))
	return t.End()
}

// crowd has a hundred tokens made and used once each, and tells nobody. It returns an
// error if one of them takes other calls to KMS than one Sign.
func crowd(ctx context.Context, kms *kmstest.KMS, api http.Handler, password string) error {
	t := tellkms.New(io.Discard, kms)
	defer t.Open(api)()
	for range 100 {
		var got struct{ Token string }
		t.Call(ctx, tell.Request{Do: "POST /token", Want: 200, Body: credentials{"ann", password}}, "1 Sign", &got)
		t.Call(ctx, tell.Request{Do: "GET /whoami", Want: 200, Token: got.Token}, "none", nil)
	}
	return t.End()
}

// verifyWith verifies a token with a JWK set and nothing else, and returns its subject.
func verifyWith(ctx context.Context, jwks []byte, token string, now func() time.Time) (subject string, err error) {
	set, err := keys.ParseJWKS(jwks)
	if err != nil {
		return "", err
	}
	verify, err := verifier.New(verifier.Config{Keys: set, Issuer: issuerName, Audience: []string{audience}, Now: now})
	if err != nil {
		return "", err
	}
	verified, err := verify.Verify(ctx, token)
	if err != nil {
		return "", err
	}
	return verified.Subject, nil
}

// shorten shortens the modulus of the key in a JWK set.
func shorten(jwks []byte) []byte {
	var set struct {
		Keys []struct {
			Kty string `json:"kty"`
			Use string `json:"use"`
			Alg string `json:"alg"`
			Kid string `json:"kid"`
			N   string `json:"n"`
			E   string `json:"e"`
		} `json:"keys"`
	}
	if json.Unmarshal(jwks, &set) != nil || len(set.Keys) != 1 || len(set.Keys[0].N) < 6 {
		return []byte("(no key)") // of which the story tells as little as it can
	}
	set.Keys[0].N = set.Keys[0].N[:6] + "…"
	text, _ := json.Marshal(set)
	return text
}

// pemOf returns the public key as everybody may have it.
func pemOf(ctx context.Context, client *kms.Client, set settings) (string, error) {
	out, err := client.GetPublicKey(ctx, &kms.GetPublicKeyInput{KeyId: &set.key})
	if err != nil {
		return "", err
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: out.PublicKey})), nil
}

type credentials struct {
	User     string `json:"user"`
	Password string `json:"password"`
}
