package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/examples/internal/awskms"
	"github.com/lambdajwt/authorizer/examples/internal/tell"
	"github.com/lambdajwt/authorizer/examples/internal/tellkms"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
	"github.com/lambdajwt/authorizer/signer"
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
	set.build = build
	set.now, set.observer = func() time.Time { return clock }, t.Outcome
	var api *authorizertest.Gateway
	shut := func() {}
	defer func() { shut() }()
	deploy := func() error { // new functions, which have nothing in their caches
		shut()
		if api, err = newAPI(local.Client, set, t.Invocation); err != nil {
			return err
		}
		shut = t.Open(api)
		return nil
	}
	if err := deploy(); err != nil {
		return err
	}

	t.Title("kmsenvelope: a key for each token, in the token, encrypted by KMS")
	t.Say(`An API Gateway is played in this process, at %s: a REST API with a Lambda
		authorizer of type TOKEN, which caches policies for %g seconds. KMS is played, too. The
		functions talk to it over HTTP, with the AWS SDK's own client, and the calls that it
		gets are counted here. Tokens are good for %g minutes. They are shortened here, passwords
		hidden.`, t.URL(), cacheTTL.Seconds(), lifetime.Minutes())

	t.Chapter("Ann logs in")
	login := func(password string, want int, calls string) (token string) {
		var got struct{ Token string }
		t.Call(ctx, tell.Request{Do: "POST /login", Want: want, Body: credentials{"ann", password}}, calls, &got)
		return got.Token
	}
	t.Say("A wrong password is refused without KMS. With the right one there is a token:")
	login("a guess", 403, "none")
	token := login(password, 200, "1 GenerateDataKey")
	t.Say(`KMS has made a data key and handed it out twice: as it is, to sign this one token with,
		and encrypted, to go along in the token's header as edk. The login function forgets
		the first, and only KMS can make it from the second again. Here is the token:`)
	t.Token(tell.Tamper(token, dataKeyOf(token), dataKeyOf(token)[:6]+"…"))

	t.Chapter("She calls a protected route")
	whoami := func(token string, want int, calls string) {
		t.Call(ctx, tell.Request{Do: "GET /whoami", Token: token, Want: want}, calls, nil)
	}
	t.Say(`The authorizer has KMS decrypt the edk, checks the signature with what comes back, and
		answers with a policy. What the token says of Ann reaches the function behind it.`)
	t.Call(ctx, tell.Request{Do: "GET /whoami", Token: token, Want: 200, Detail: true}, "1 Decrypt", nil)

	t.Chapter("Two caches, one behind the other")
	t.Say("Asked again, API Gateway remembers the policy:")
	whoami(token, 200, "none")
	clock = clock.Add(2 * time.Minute)
	t.Say(`Two minutes later (this story has a clock of its own) it has forgotten the policy. The
		authorizer still has the data key:`)
	whoami(token, 200, "none")
	clock = clock.Add(6 * time.Minute)
	t.Say(`Six minutes after that the data key is gone as well. It is kept for %g minutes: for so
		long a KMS key that somebody has disabled goes on counting.`, kmskeys.DefaultMaxAge.Minutes())
	whoami(token, 200, "1 Decrypt")

	t.Chapter("What is refused without a call")
	t.Say("No token:")
	whoami("", 401, "none")
	t.Say(`A token of the same issuer, with the same KMS key, but for another API. KMS need not be
		asked: whoever has signed this, it is not for here. The log calls it unproven, as
		nobody has checked the signature.`)
	other := kmskeys.TokenContext(issuerName, "billing")
	foreign, err := issue(ctx, local.Client, set, other, "billing")
	if err != nil {
		return err
	}
	whoami(foreign, 401, "none")
	clock = clock.Add(8 * time.Minute)
	t.Say("Eight minutes later Ann's token has expired. That, too, shows without KMS:")
	whoami(token, 401, "none")

	t.Chapter("What takes a call to refuse")
	t.Say("She logs in again, and somebody changes a letter of her new token's edk:")
	token = login(password, 200, "1 GenerateDataKey")
	forged := tell.Tamper(token, dataKeyOf(token), damage(dataKeyOf(token)))
	whoami(forged, 401, "1 Decrypt")
	t.Say(`Only KMS could tell that this is none of its making. API Gateway does not cache a 401,
		but the authorizer remembers what KMS has said:`)
	whoami(forged, 401, "none")
	t.Say(`The other API's login makes a token that claims to be for this one. Its data key is of
		the right KMS key, but was made in another encryption context, and KMS decrypts it in
		no other:`)
	if forged, err = issue(ctx, local.Client, set, other, audience); err != nil {
		return err
	}
	whoami(forged, 401, "1 Decrypt")
	t.Say("Ann's token, with Bob's name in it and its edk as it was:")
	whoami(tell.Tamper(token, "ann", "bob"), 401, "1 Decrypt")
	t.Say("The data key was good, and has been kept. Ann herself gets in without another call:")
	whoami(token, 200, "none")

	t.Chapter("A flood of made-up data keys")
	t.Say("Ann logs in once more, and does not use this token yet:")
	fresh := login(password, 200, "1 GenerateDataKey")
	if err := t.End(); err != nil { // rather than what comes of a story without a token
		return err
	}
	clock = clock.Add(2 * time.Minute)
	calls, err := flood(ctx, local.KMS, api, token)
	if err != nil {
		return err
	}
	t.Say(`Two minutes later somebody sends a thousand tokens at once, each with an edk of its own that
		is made up. That takes these calls to KMS: %s. The authorizer makes no more than %d at once
		and %d a second, and answers every new edk beyond that with a 500, good or bad. Whoever is
		logged in notices nothing:`, calls, kmskeys.DefaultDecryptBurst, kmskeys.DefaultDecryptRate)
	whoami(token, 200, "none")
	clock = clock.Add(kmskeys.DefaultMaxAge)
	if _, err := flood(ctx, local.KMS, api, token); err != nil {
		return err
	}
	t.Say(`Not even %g minutes later, when the same is sent again and her data key is to be decrypted
		anew: one that has verified a token has a budget of its own.`, kmskeys.DefaultMaxAge.Minutes())
	whoami(token, 200, "1 Decrypt")
	t.Say("But a login that is new to the authorizer has to wait:")
	whoami(fresh, 500, "none")
	clock = clock.Add(time.Second / kmskeys.DefaultDecryptRate)
	t.Say("A %dth of a second after the flood it is good:", kmskeys.DefaultDecryptRate)
	whoami(fresh, 200, "1 Decrypt")
	t.Say(`A limit by address before the API keeps the flood out, and nobody else: see the comment
		in main.go.`)

	t.Chapter("KMS fails")
	t.Say("Ann logs in once more, and does not use this token yet:")
	fresh = login(password, 200, "1 GenerateDataKey")
	clock = clock.Add(2 * time.Minute)
	local.KMS.Fail("", kmstest.Forever, kmstest.Error("KMSInternalException", "KMS is not well"))
	t.Say(`Two minutes later KMS answers every call with an error. The token that she has used has
		its data key in the authorizer's cache, and goes on being good:`)
	whoami(token, 200, "none")
	t.Say(`Of the new one nobody can say whether it is good. That is not its fault, and so neither a
		401 nor a policy that denies: the authorizer fails, which API Gateway does not cache.
		The SDK's client has tried twice.`)
	whoami(fresh, 500, "2 Decrypt")
	t.Say("Nor can anybody log in:")
	login(password, 502, "2 GenerateDataKey")
	local.KMS.Heal()
	t.Say("As soon as KMS is well again, the token is good:")
	whoami(fresh, 200, "1 Decrypt")

	t.Chapter("One data key for several tokens")
	set.tokensPerKey = 100
	if err := deploy(); err != nil {
		return err
	}
	t.Say(`TOKENS_PER_DATA_KEY=%d lets so many tokens share a data key, for %g minutes at most. That
		saves calls at both ends: of these two logins and two requests every other is free.`, set.tokensPerKey, reuseFor.Minutes())
	first := login(password, 200, "1 GenerateDataKey")
	second := login(password, 200, "none")
	whoami(first, 200, "1 Decrypt")
	whoami(second, 200, "none")

	t.Chapter("As the document has it")
	set.asDocument, set.tokensPerKey = true, 0
	if err := deploy(); err != nil {
		return err
	}
	t.Say(`With AS_DOCUMENT=1 all is as clients of the document have it, so that its login and its
		authorizer can be replaced one after the other. A token comes in a header:`)
	var documents string
	t.Call(ctx, tell.Request{
		Do: "POST /login", Want: 200, Answer: answerHeader,
		Body: map[string]string{"username": "ann", "password": password},
	}, "1 GenerateDataKey", &documents)
	t.Token(tell.Tamper(documents, memberOf(documents, "KID"), memberOf(documents, "KID")[:6]+"…"))
	t.Say(`It is signed with the base64 text of the data key, is good for %g minutes, and goes back
		in another header. Policies are cached for %g seconds.`, documentLifetime.Minutes(), documentCacheTTL.Seconds())
	ask := func(token string, want int, calls string) {
		t.Call(ctx, tell.Request{Do: "GET /whoami", Token: token, Header: requestHeader, Want: want}, calls, nil)
	}
	ask(documents, 200, "1 Decrypt")
	t.Say("A token that is at fault gets a policy that denies, and not a 401:")
	ask(tell.Tamper(documents, "ann", "bob"), 403, "none")
	t.Say(`What is not as the document has it, and why, is in a table in document_test.go: this login
		looks at the password, for one thing.`)

	t.Say(`That was all. KMS was called %d times, twice of them by the other API's login. Run it with
		-serve to try it yourself.`, local.KMS.Calls(""))
	return t.End()
}

// flood sends a thousand tokens, each with a data key that nobody has made, and tells
// nobody. It returns the calls to KMS that this took.
func flood(ctx context.Context, kms *kmstest.KMS, api http.Handler, token string) (calls string, err error) {
	before := tellkms.Count(kms)
	for range 1000 {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "/whoami", nil)
		if err != nil {
			return "", err
		}
		req.Header.Set("Authorization", "Bearer "+makeUp(token))
		answer := httptest.NewRecorder()
		if api.ServeHTTP(answer, req); answer.Code < 400 {
			return "", fmt.Errorf("a made-up data key was answered with %d", answer.Code)
		}
	}
	return tellkms.Count(kms).Since(before), nil
}

// makeUp returns a token with another data key, which nobody has made.
func makeUp(token string) string {
	edk := base64.RawURLEncoding.EncodeToString([]byte(rand.Text()))
	return tell.Tamper(token, dataKeyOf(token), edk)
}

// issue makes a token for an audience, with a data key in an encryption context: what
// somebody can do who may make data keys with the same KMS key in that context.
func issue(ctx context.Context, client *kms.Client, set settings, encryptionContext map[string]string, audience string) (string, error) {
	source, err := kmskeys.NewEnvelopeSigner(client, kmskeys.EnvelopeConfig{KeyID: set.key, EncryptionContext: encryptionContext})
	if err != nil {
		return "", err
	}
	issuer, err := signer.NewIssuer(signer.IssuerConfig{
		Keys: source, Issuer: issuerName, Audience: []string{audience}, Lifetime: lifetime, Now: set.now,
	})
	if err != nil {
		return "", err
	}
	return issuer.Issue(ctx, "ann", nil)
}

// dataKeyOf returns the encrypted data key in a token's header.
func dataKeyOf(token string) string { return memberOf(token, "edk") }

// memberOf returns a text in a token's header.
func memberOf(token, name string) string {
	header, _, _ := strings.Cut(token, ".")
	text, _ := base64.RawURLEncoding.DecodeString(header)
	var members map[string]string
	if json.Unmarshal(text, &members) != nil || len(members[name]) < 6 {
		return "(no " + name + ")" // of which the story tells as little as it can
	}
	return members[name]
}

// damage returns an encrypted data key with another letter in its middle.
func damage(edk string) string {
	middle, letter := len(edk)/2, "A"
	if edk[middle:middle+1] == letter {
		letter = "B"
	}
	return edk[:middle] + letter + edk[middle+1:]
}

type credentials struct {
	User     string `json:"user"`
	Password string `json:"password"`
}
