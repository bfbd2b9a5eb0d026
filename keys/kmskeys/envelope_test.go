package kmskeys_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
	"github.com/lambdajwt/authorizer/verifier"
)

func TestEnvelopesThatCannotWorkAreRefusedWithWhatToDo(t *testing.T) {
	good := func() kmskeys.EnvelopeConfig { return envelopeConfig("alias/login") }
	for name, test := range map[string]struct {
		change func(*kmskeys.EnvelopeConfig)
		want   []string
	}{
		"no key":           {func(c *kmskeys.EnvelopeConfig) { c.KeyID = "" }, []string{"set KeyID"}},
		"an alias bare":    {func(c *kmskeys.EnvelopeConfig) { c.KeyID = "alias/" }, []string{"alias/..."}},
		"a key of spaces":  {func(c *kmskeys.EnvelopeConfig) { c.KeyID = "my key" }, []string{"my key", "alias/..."}},
		"an endless key":   {func(c *kmskeys.EnvelopeConfig) { c.KeyID = strings.Repeat("k", 2049) }, []string{"2049", "2048"}},
		"an ARN of S3":     {func(c *kmskeys.EnvelopeConfig) { c.KeyID = "arn:aws:s3:::bucket" }, []string{"arn:aws:kms:REGION"}},
		"an ARN of a role": {func(c *kmskeys.EnvelopeConfig) { c.KeyID = "arn:aws:kms:us-east-1:111122223333:role/r" }, []string{"key/ID"}},
		"an ARN cut off":   {func(c *kmskeys.EnvelopeConfig) { c.KeyID = "arn:aws:kms:us-east-1:111122223333:key/" }, []string{"key/ID"}},
		"a public key's algorithm": {func(c *kmskeys.EnvelopeConfig) { c.Algorithm = "RS256" },
			[]string{"RS256", "HS256, HS384 or HS512"}},
		"no context":       {func(c *kmskeys.EnvelopeConfig) { c.EncryptionContext = nil }, []string{"TokenContext(issuer, audience)"}},
		"an empty issuer":  {func(c *kmskeys.EnvelopeConfig) { c.EncryptionContext = kmskeys.TokenContext("", "a") }, []string{`"iss"`, "empty"}},
		"an unnamed entry": {func(c *kmskeys.EnvelopeConfig) { c.EncryptionContext[""] = "value" }, []string{"empty"}},
		"a context in the blueprint's format": {func(c *kmskeys.EnvelopeConfig) { c.Format = kmskeys.BlueprintEnvelope },
			[]string{"no encryption context"}},
		"HS512 in the blueprint's format": {func(c *kmskeys.EnvelopeConfig) {
			c.Format, c.EncryptionContext, c.Algorithm = kmskeys.BlueprintEnvelope, nil, "HS512"
		}, []string{"HS256"}},
		"an unknown format":   {func(c *kmskeys.EnvelopeConfig) { c.Format = 7 }, []string{"7", "BlueprintEnvelope"}},
		"header alg":          {func(c *kmskeys.EnvelopeConfig) { c.Header = "alg" }, []string{`"alg"`}},
		"header kid":          {func(c *kmskeys.EnvelopeConfig) { c.Header = "kid" }, []string{`"kid"`}},
		"header typ":          {func(c *kmskeys.EnvelopeConfig) { c.Header = "typ" }, []string{`"typ"`}},
		"header crit":         {func(c *kmskeys.EnvelopeConfig) { c.Header = "crit" }, []string{`"crit"`}},
		"header b64":          {func(c *kmskeys.EnvelopeConfig) { c.Header = "b64" }, []string{`"b64"`}},
		"header jwk":          {func(c *kmskeys.EnvelopeConfig) { c.Header = "jwk" }, []string{`"jwk"`}},
		"header x5c":          {func(c *kmskeys.EnvelopeConfig) { c.Header = "x5c" }, []string{`"x5c"`}},
		"a header with quote": {func(c *kmskeys.EnvelopeConfig) { c.Header = `e"k` }, []string{"letters"}},
		"an endless header":   {func(c *kmskeys.EnvelopeConfig) { c.Header = strings.Repeat("h", 65) }, []string{"64"}},
		"an endless kid":      {func(c *kmskeys.EnvelopeConfig) { c.Kid = strings.Repeat("k", 513) }, []string{"512"}},
		"a kid of bytes":      {func(c *kmskeys.EnvelopeConfig) { c.Kid = "\xff" }, []string{"UTF-8"}},
		"uses without time":   {func(c *kmskeys.EnvelopeConfig) { c.ReuseTokens = 2 }, []string{"ReuseFor"}},
		"time without uses":   {func(c *kmskeys.EnvelopeConfig) { c.ReuseFor = time.Hour }, []string{"ReuseTokens"}},
		"uses for weeks":      {func(c *kmskeys.EnvelopeConfig) { c.ReuseTokens, c.ReuseFor = 2, 25*time.Hour }, []string{"24h"}},
		"negative uses":       {func(c *kmskeys.EnvelopeConfig) { c.ReuseTokens, c.ReuseFor = -2, time.Hour }, []string{"ReuseTokens"}},
		"a negative cache":    {func(c *kmskeys.EnvelopeConfig) { c.CacheSize = -1 }, []string{"CacheSize", "10000"}},
		"an endless cache":    {func(c *kmskeys.EnvelopeConfig) { c.CacheSize = 1_000_001 }, []string{"CacheSize"}},
		"a cache for ever":    {func(c *kmskeys.EnvelopeConfig) { c.MaxAge = 25 * time.Hour }, []string{"MaxAge"}},
		"a cache of the past": {func(c *kmskeys.EnvelopeConfig) { c.MaxAge = -1 }, []string{"MaxAge"}},
		"a negative rate":     {func(c *kmskeys.EnvelopeConfig) { c.DecryptRate = -1 }, []string{"DecryptRate"}},
		"a negative burst":    {func(c *kmskeys.EnvelopeConfig) { c.DecryptBurst = -1 }, []string{"DecryptBurst"}},
	} {
		t.Run(name, func(t *testing.T) {
			k := kmstest.New(kmstest.Config{})
			cfg := good()
			test.change(&cfg)
			_, err := kmskeys.NewEnvelopeSigner(k, cfg)
			wantText(t, err, append(test.want, "kmskeys:")...)
			_, err = kmskeys.NewEnvelopeVerifier(k, cfg)
			wantText(t, err, append(test.want, "kmskeys:")...)
			wantCalls(t, k, "", 0)
		})
	}
}

func TestANilClientIsRefused(t *testing.T) {
	envelope := envelopeConfig("key")
	asymmetric := kmskeys.AsymmetricConfig{KeyID: "key", Algorithm: "ES256"}
	mac := kmskeys.MACConfig{KeyID: "key"}
	for name, err := range map[string]error{
		"EnvelopeSigner":           second(kmskeys.NewEnvelopeSigner(nil, envelope)),
		"EnvelopeVerifier":         second(kmskeys.NewEnvelopeVerifier((*kms.Client)(nil), envelope)),
		"AsymmetricSigner":         second(kmskeys.NewAsymmetricSigner(nil, asymmetric)),
		"AsymmetricVerifier":       second(kmskeys.NewAsymmetricVerifier(nil, asymmetric)),
		"AsymmetricRemoteVerifier": second(kmskeys.NewAsymmetricRemoteVerifier(nil, asymmetric)),
		"MACSigner and MACVerifer": second(kmskeys.NewMACSigner((*kms.Client)(nil), mac)),
		"MACVerifer":               second(kmskeys.NewMACVerifier(nil, mac)),
	} {
		t.Run(name, func(t *testing.T) { wantText(t, err, "the client is nil", "kms.New") })
	}
}

func second[T any](_ T, err error) error { return err }

func TestTokenContextBindsIssuerAndAudience(t *testing.T) {
	for name, test := range map[string]struct{ got, want map[string]string }{
		"one audience":      {kmskeys.TokenContext("i", "a"), map[string]string{"iss": "i", "aud": "a"}},
		"none":              {kmskeys.TokenContext("i"), map[string]string{"iss": "i"}},
		"several":           {kmskeys.TokenContext("i", "b", "a"), map[string]string{"iss": "i", "aud": `["a","b"]`}},
		"in another order":  {kmskeys.TokenContext("i", "a", "b", "a"), map[string]string{"iss": "i", "aud": `["a","b"]`}},
		"one with a comma":  {kmskeys.TokenContext("i", "a,b"), map[string]string{"iss": "i", "aud": "a,b"}},
		"one twice is once": {kmskeys.TokenContext("i", "a", "a"), map[string]string{"iss": "i", "aud": "a"}},
	} {
		if !maps.Equal(test.got, test.want) {
			t.Errorf("%s: %v, want %v", name, test.got, test.want)
		}
	}
	list := []string{"b", "a"}
	kmskeys.TokenContext("i", list...)
	if !slices.Equal(list, []string{"b", "a"}) {
		t.Error("the caller's audience was sorted")
	}
}

func TestTheHeaderCarriesTheEncryptedDataKey(t *testing.T) {
	for name, test := range map[string]struct {
		change   func(*kmskeys.EnvelopeConfig)
		member   string
		encoding *base64.Encoding
		kid      string
	}{
		"by default":                 {func(*kmskeys.EnvelopeConfig) {}, "edk", base64.RawURLEncoding, ""},
		"under another name":         {func(c *kmskeys.EnvelopeConfig) { c.Header = "data-key_1" }, "data-key_1", base64.RawURLEncoding, ""},
		"beside a kid":               {func(c *kmskeys.EnvelopeConfig) { c.Kid = "é" }, "edk", base64.RawURLEncoding, "é"},
		"in the blueprint's format":  {blueprint, "KID", base64.StdEncoding, ""},
		"the blueprint's, elsewhere": {func(c *kmskeys.EnvelopeConfig) { blueprint(c); c.Header = "EDK" }, "EDK", base64.StdEncoding, ""},
	} {
		t.Run(name, func(t *testing.T) {
			k := kmstest.New(kmstest.Config{})
			cfg := envelopeConfig(newKey(t, k, types.KeySpecSymmetricDefault))
			test.change(&cfg)
			var blob []byte
			s := sign(t, envelopeSigner(t, between{KMS: k, dataKey: func(out *kms.GenerateDataKeyOutput) *kms.GenerateDataKeyOutput {
				blob = bytes.Clone(out.CiphertextBlob)
				return out
			}}, cfg))
			want := keys.Header{Algorithm: "HS256", Kid: test.kid, Params: map[string]json.RawMessage{
				test.member: json.RawMessage(`"` + test.encoding.EncodeToString(blob) + `"`),
			}}
			if s.header.Algorithm != want.Algorithm || s.header.Kid != want.Kid || s.header.Type != "" ||
				len(s.header.Params) != 1 || string(s.header.Params[test.member]) != string(want.Params[test.member]) {
				t.Errorf("got %v, want %v", s.header, want)
			}
			wantVerified(t, envelopeVerifier(t, k, cfg), s)
		})
	}
}

func blueprint(c *kmskeys.EnvelopeConfig) {
	c.Format, c.EncryptionContext = kmskeys.BlueprintEnvelope, nil
}

// KMS takes a KeySpec or a NumberOfBytes, never both, and would decrypt a blob under
// whatever key it names if no KeyId were sent.
func TestRequestsNameKeyLengthAndContext(t *testing.T) {
	for alg, size := range map[string]int32{"HS256": 0, "HS384": 48, "HS512": 64} {
		t.Run(alg, func(t *testing.T) {
			k := kmstest.New(kmstest.Config{})
			cfg := envelopeConfig(newKey(t, k, types.KeySpecSymmetricDefault))
			cfg.Algorithm = alg
			want := maps.Clone(cfg.EncryptionContext)
			watched := between{
				KMS: k,
				dataKeyRequest: func(in *kms.GenerateDataKeyInput) {
					if *in.KeyId != cfg.KeyID || !maps.Equal(in.EncryptionContext, want) {
						t.Errorf("key %s, context %v", *in.KeyId, in.EncryptionContext)
					}
					if size == 0 && (in.KeySpec != types.DataKeySpecAes256 || in.NumberOfBytes != nil) ||
						size != 0 && (in.KeySpec != "" || *in.NumberOfBytes != size) {
						t.Errorf("spec %q, bytes %v", in.KeySpec, in.NumberOfBytes)
					}
				},
				decryptRequest: func(in *kms.DecryptInput) {
					if in.KeyId == nil || *in.KeyId != cfg.KeyID || !maps.Equal(in.EncryptionContext, want) {
						t.Errorf("key %v, context %v", in.KeyId, in.EncryptionContext)
					}
				},
			}
			signer, verifier := envelopeSigner(t, watched, cfg), envelopeVerifier(t, watched, cfg)
			cfg.EncryptionContext["aud"] = "changed later"
			wantVerified(t, verifier, sign(t, signer))
			wantCalls(t, k, "GenerateDataKey", 1)
			wantCalls(t, k, "Decrypt", 1)
		})
	}
}

func TestEveryFormOfKeyIDSignsAndVerifies(t *testing.T) {
	k := kmstest.New(kmstest.Config{Region: "cn-north-1"})
	arn := newKey(t, k, types.KeySpecSymmetricDefault)
	newAlias(t, k, "alias/login", arn)
	forms := []string{arn, keyID(arn), "alias/login", strings.TrimSuffix(arn, "key/"+keyID(arn)) + "alias/login"}
	for _, signs := range forms {
		for _, verifies := range forms {
			s := sign(t, envelopeSigner(t, k, envelopeConfig(signs)))
			wantVerified(t, envelopeVerifier(t, k, envelopeConfig(verifies)), s)
		}
	}
}

// Keys of one mrk- ID have an ARN in each Region, and KMS answers with its own.
func TestATokenIsVerifiedInAnotherRegionWithAMultiRegionKey(t *testing.T) {
	ctx := context.Background()
	east := kmstest.New(kmstest.Config{Region: "us-east-1"})
	west := east.In("us-west-2")
	multiRegion := true
	created, err := east.CreateKey(ctx, &kms.CreateKeyInput{MultiRegion: &multiRegion})
	if err != nil {
		t.Fatal(err)
	}
	eastARN := *created.KeyMetadata.Arn
	region := west.Region()
	replicated, err := east.ReplicateKey(ctx, &kms.ReplicateKeyInput{KeyId: &eastARN, ReplicaRegion: &region})
	if err != nil {
		t.Fatal(err)
	}
	westARN := *replicated.ReplicaKeyMetadata.Arn
	s := sign(t, envelopeSigner(t, east, envelopeConfig(eastARN)))
	wantVerified(t, envelopeVerifier(t, west, envelopeConfig(westARN)), s)
	wantVerified(t, envelopeVerifier(t, west, envelopeConfig(keyID(eastARN))), s)
	_, err = envelopeVerifier(t, west, envelopeConfig(eastARN)).VerificationKey(ctx, s.header)
	wantOutage(t, err) // KMS serves no ARN of another Region
	wantError(t, err, kmskeys.ErrMisconfigured)
}

func TestTokensOfBeforeARotationOfKeyMaterialStayGood(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	cfg := envelopeConfig(newKey(t, k, types.KeySpecSymmetricDefault))
	before := sign(t, envelopeSigner(t, k, cfg))
	if _, err := k.RotateKeyOnDemand(context.Background(), &kms.RotateKeyOnDemandInput{KeyId: &cfg.KeyID}); err != nil {
		t.Fatal(err)
	}
	wantVerified(t, envelopeVerifier(t, k, cfg), before)
	wantVerified(t, envelopeVerifier(t, k, cfg), sign(t, envelopeSigner(t, k, cfg)))
}

// A data key of anybody's own makes tokens that only its KMS key would vouch for.
func TestADataKeyFromElsewhereIsTheTokensFault(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	cfg := envelopeConfig(newKey(t, k, types.KeySpecSymmetricDefault))
	other := newKey(t, k, types.KeySpecSymmetricDefault)
	for name, signs := range map[string]func(*testing.T) keys.SigningSource{
		"of another KMS key": func(t *testing.T) keys.SigningSource { return envelopeSigner(t, k, envelopeConfig(other)) },
		"of another audience": func(t *testing.T) keys.SigningSource {
			c := cfg
			c.EncryptionContext = kmskeys.TokenContext(issuer, "billing")
			return envelopeSigner(t, k, c)
		},
		"of no context at all": func(t *testing.T) keys.SigningSource {
			c := cfg
			blueprint(&c)
			c.Header = "edk"
			return reencoded{envelopeSigner(t, k, c)}
		},
		"of another account": func(t *testing.T) keys.SigningSource {
			far := kmstest.New(kmstest.Config{Account: "999988887777"})
			return envelopeSigner(t, far, envelopeConfig(newKey(t, far, types.KeySpecSymmetricDefault)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			v := envelopeVerifier(t, k, cfg)
			s := sign(t, signs(t))
			wantError(t, verify(context.Background(), v, s), keys.ErrUnknownKey)
		})
	}
}

// reencoded writes what a blueprint's signer does in base64url.
type reencoded struct{ keys.SigningSource }

func (r reencoded) SigningKey(ctx context.Context) (keys.SigningKey, error) {
	key, err := r.SigningSource.SigningKey(ctx)
	return reencodedKey{key}, err
}

type reencodedKey struct{ keys.SigningKey }

func (k reencodedKey) Header() keys.Header {
	h := k.SigningKey.Header()
	text, _ := h.Param("edk")
	blob, _ := base64.StdEncoding.DecodeString(text)
	h.Params = map[string]json.RawMessage{"edk": json.RawMessage(`"` + base64.RawURLEncoding.EncodeToString(blob) + `"`)}
	return h
}

// What costs nothing to see is seen before KMS is asked.
func TestAHeaderThatNoSignerWritesCostsNoCall(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	cfg := envelopeConfig(newKey(t, k, types.KeySpecSymmetricDefault))
	cfg.Kid = "login"
	good := sign(t, envelopeSigner(t, k, cfg))
	edk, _ := good.header.Param("edk")
	blob := must(base64.RawURLEncoding.DecodeString(edk))(t)
	quoted := func(s string) json.RawMessage { return must(json.Marshal(s))(t) }
	raw := func(size int) json.RawMessage {
		return quoted(base64.RawURLEncoding.EncodeToString(bytes.Repeat([]byte{0xa5}, size)))
	}
	notCanonical := edk[:len(edk)-1] + string(edk[len(edk)-1]+1)
	for name, test := range map[string]struct {
		edk  json.RawMessage
		want error
	}{
		"missing":                      {nil, keys.ErrUnknownKey},
		"empty":                        {quoted(""), keys.ErrUnknownKey},
		"a number":                     {json.RawMessage("7"), keys.ErrUnknownKey},
		"null":                         {json.RawMessage("null"), keys.ErrUnknownKey},
		"an array":                     {json.RawMessage("[" + string(quoted(edk)) + "]"), keys.ErrUnknownKey},
		"an object":                    {json.RawMessage(`{"edk":` + string(quoted(edk)) + "}"), keys.ErrUnknownKey},
		"no JSON":                      {json.RawMessage(`"` + edk), keys.ErrUnknownKey},
		"in standard base64":           {quoted(base64.StdEncoding.EncodeToString(append(blob, 0xff, 0xff, 0xff))), keys.ErrUnknownKey},
		"padded":                       {quoted(base64.URLEncoding.EncodeToString(blob)), keys.ErrUnknownKey},
		"with bits left over":          {quoted(notCanonical), keys.ErrUnknownKey},
		"with a line break":            {quoted(edk[:8] + "\n" + edk[8:]), keys.ErrUnknownKey},
		"with a carriage return":       {quoted(edk + "\r"), keys.ErrUnknownKey},
		"with a space":                 {quoted(" " + edk), keys.ErrUnknownKey},
		"with a foreign character":     {quoted(edk[:8] + "é" + edk[8:]), keys.ErrUnknownKey},
		"a byte longer than KMS takes": {raw(6145), keys.ErrUnknownKey},
		"of a megabyte":                {raw(1 << 20), keys.ErrUnknownKey},
	} {
		t.Run(name, func(t *testing.T) {
			h := good.header
			h.Params = map[string]json.RawMessage{}
			if test.edk != nil {
				h.Params["edk"] = test.edk
			}
			_, err := envelopeVerifier(t, k, cfg).VerificationKey(context.Background(), h)
			wantError(t, err, test.want)
			wantCalls(t, k, "Decrypt", 0)
		})
	}
	t.Run("another algorithm", func(t *testing.T) {
		h := good.header
		h.Algorithm = "HS512"
		_, err := envelopeVerifier(t, k, cfg).VerificationKey(context.Background(), h)
		wantError(t, err, keys.ErrAlgorithm)
		wantCalls(t, k, "Decrypt", 0)
	})
	t.Run("another kid", func(t *testing.T) {
		h := good.header
		h.Kid = "logout"
		_, err := envelopeVerifier(t, k, cfg).VerificationKey(context.Background(), h)
		wantError(t, err, keys.ErrUnknownKey)
		wantCalls(t, k, "Decrypt", 0)
	})
}

// The longest blob there can be is one for KMS to decide.
func TestTheLongestDataKeyIsPutToKMS(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	cfg := envelopeConfig(newKey(t, k, types.KeySpecSymmetricDefault))
	text := base64.RawURLEncoding.EncodeToString(make([]byte, 6144))
	h := keys.Header{Algorithm: "HS256", Params: map[string]json.RawMessage{"edk": json.RawMessage(`"` + text + `"`)}}
	_, err := envelopeVerifier(t, k, cfg).VerificationKey(context.Background(), h)
	wantError(t, err, keys.ErrUnknownKey)
	wantCalls(t, k, "Decrypt", 1)
}

// The text of a JSON string can be written in many ways.
func TestADataKeyWrittenWithEscapesIsTheSameDataKey(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	cfg := envelopeConfig(newKey(t, k, types.KeySpecSymmetricDefault))
	v := envelopeVerifier(t, k, cfg)
	s := sign(t, envelopeSigner(t, k, cfg))
	wantVerified(t, v, s)
	raw := string(s.header.Params["edk"])
	s.header.Params["edk"] = json.RawMessage(fmt.Sprintf(`"\u%04X%s`, raw[1], raw[2:]))
	wantVerified(t, v, s)
	wantCalls(t, k, "Decrypt", 1)
}

func TestExpiredAndForeignTokensCostNoCall(t *testing.T) {
	c := newClock()
	k := kmstest.New(kmstest.Config{})
	cfg := envelopeConfig(newKey(t, k, types.KeySpecSymmetricDefault))
	signs := envelopeSigner(t, k, cfg)
	v := tokenVerifier(t, envelopeVerifier(t, k, cfg), c.Now)
	for name, change := range map[string]func(jwt.MapClaims){
		"expired":             func(m jwt.MapClaims) { m["exp"] = c.Now().Unix() },
		"without exp":         func(m jwt.MapClaims) { delete(m, "exp") },
		"not yet valid":       func(m jwt.MapClaims) { m["nbf"] = c.Now().Unix() + 60 },
		"of another issuer":   func(m jwt.MapClaims) { m["iss"] = "https://elsewhere.example" },
		"for another service": func(m jwt.MapClaims) { m["aud"] = "billing" },
	} {
		t.Run(name, func(t *testing.T) {
			m := claims(c.Now())
			change(m)
			_, err := v.Verify(context.Background(), token(t, signs, m))
			wantError(t, err, verifier.ErrInvalidToken)
			wantCalls(t, k, "Decrypt", 0)
		})
	}
	if _, err := v.Verify(context.Background(), token(t, signs, claims(c.Now()))); err != nil {
		t.Error(err)
	}
	wantCalls(t, k, "Decrypt", 1)
}

// What no KMS does a proxy or a mock may: nothing follows from it for any token.
func TestAnswersThatKMSNeverGivesAreOutagesAndNotRemembered(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	arn := newKey(t, k, types.KeySpecSymmetricDefault)
	otherARN := newKey(t, k, types.KeySpecSymmetricDefault)
	elsewhere := strings.Replace(arn, "us-east-1", "us-west-2", 1)
	newAlias(t, k, "alias/login", arn)
	aliasARN := strings.TrimSuffix(arn, "key/"+keyID(arn)) + "alias/login"
	tests := map[string]struct {
		keyID     string
		answer    *string
		plaintext func([]byte) []byte
	}{
		"another key":                        {keyID: arn, answer: &otherARN},
		"another key, for a key ID":          {keyID: keyID(arn), answer: &otherARN},
		"another Region's key":               {keyID: arn, answer: &elsewhere},
		"another Region's key, for an alias": {keyID: aliasARN, answer: &elsewhere},
		"no key":                             {keyID: arn, answer: nil},
		"no key, for an alias":               {keyID: "alias/login", answer: nil},
		"an alias":                           {keyID: "alias/login", answer: &aliasARN},
		"a bare key ID":                      {keyID: keyID(arn), answer: new(string)},
		"a short data key":                   {keyID: arn, answer: &arn, plaintext: func(b []byte) []byte { return b[:31] }},
		"a long data key":                    {keyID: arn, answer: &arn, plaintext: func(b []byte) []byte { return append(b, 1) }},
		"no data key":                        {keyID: arn, answer: &arn, plaintext: func([]byte) []byte { return nil }},
		"a data key of zeros":                {keyID: arn, answer: &arn, plaintext: func([]byte) []byte { return make([]byte, 32) }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			wrong := true
			var given plaintexts
			change := func(keyID **string, plaintext *[]byte) {
				if !wrong {
					return
				}
				*keyID = test.answer
				if test.plaintext != nil {
					*plaintext = test.plaintext(*plaintext)
				}
				given.add(*plaintext)
			}
			proxy := between{
				KMS: k,
				dataKey: func(out *kms.GenerateDataKeyOutput) *kms.GenerateDataKeyOutput {
					change(&out.KeyId, &out.Plaintext)
					return out
				},
				decrypt: func(out *kms.DecryptOutput) *kms.DecryptOutput {
					change(&out.KeyId, &out.Plaintext)
					return out
				},
			}
			cfg := envelopeConfig(test.keyID)
			signs, verifies := envelopeSigner(t, proxy, cfg), envelopeVerifier(t, proxy, cfg)
			s := sign(t, envelopeSigner(t, k, cfg))
			_, err := signs.SigningKey(context.Background())
			wantOutage(t, err)
			_, err = verifies.VerificationKey(context.Background(), s.header)
			wantOutage(t, err)
			wantOverwritten(t, &given)

			wrong = false
			wantVerified(t, verifies, s)
			wantVerified(t, verifies, sign(t, signs))
		})
	}
}

func TestAnAnswerOfNothingIsAnOutage(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	cfg := envelopeConfig(newKey(t, k, types.KeySpecSymmetricDefault))
	s := sign(t, envelopeSigner(t, k, cfg))
	nothing := between{
		KMS:     k,
		dataKey: func(*kms.GenerateDataKeyOutput) *kms.GenerateDataKeyOutput { return nil },
		decrypt: func(*kms.DecryptOutput) *kms.DecryptOutput { return nil },
	}
	_, err := envelopeSigner(t, nothing, cfg).SigningKey(context.Background())
	wantOutage(t, err)
	_, err = envelopeVerifier(t, nothing, cfg).VerificationKey(context.Background(), s.header)
	wantOutage(t, err)
	for name, blob := range map[string][]byte{"no": nil, "an empty": {}, "an endless": make([]byte, 6145)} {
		proxy := between{KMS: k, dataKey: func(out *kms.GenerateDataKeyOutput) *kms.GenerateDataKeyOutput {
			out.CiphertextBlob = blob
			return out
		}}
		_, err := envelopeSigner(t, proxy, cfg).SigningKey(context.Background())
		if wantOutage(t, err); t.Failed() {
			t.Fatalf("with %s encrypted data key", name)
		}
	}
}

// wantOverwritten tests that nothing is left of data keys in the memory in which the
// SDK has handed them over.
func wantOverwritten(t *testing.T, p *plaintexts) {
	t.Helper()
	for i, given := range p.given {
		if len(bytes.Trim(given, "\x00")) != 0 {
			t.Errorf("data key %d of %d is still in the SDK's answer", i+1, len(p.given))
		}
	}
}

func TestDataKeysAreOverwrittenOnceUsed(t *testing.T) {
	for name, format := range map[string]func(*kmskeys.EnvelopeConfig){
		"in the default format": func(*kmskeys.EnvelopeConfig) {}, "in the blueprint's": blueprint,
	} {
		t.Run(name, func(t *testing.T) {
			var given plaintexts
			k := kmstest.New(kmstest.Config{})
			watched := between{
				KMS:     k,
				dataKey: func(out *kms.GenerateDataKeyOutput) *kms.GenerateDataKeyOutput { given.add(out.Plaintext); return out },
				decrypt: func(out *kms.DecryptOutput) *kms.DecryptOutput { given.add(out.Plaintext); return out },
			}
			cfg := envelopeConfig(newKey(t, k, types.KeySpecSymmetricDefault))
			format(&cfg)
			wantVerified(t, envelopeVerifier(t, watched, cfg), sign(t, envelopeSigner(t, watched, cfg)))
			if len(given.given) != 2 || !bytes.Equal(given.copies[0], given.copies[1]) {
				t.Fatalf("%d data keys", len(given.given))
			}
			wantOverwritten(t, &given)
		})
	}
}
