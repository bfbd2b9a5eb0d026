package verifier_test

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/internal/testkeys"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/jwks"
	"github.com/lambdajwt/authorizer/verifier"
)

// A realIssuer is one as it is met in the wild: what its tokens and its key set look like,
// and how a user of this library takes them.
type realIssuer struct {
	name string

	// What the issuer sends. <times> stands for iat and exp.
	iss, header, claims string

	// What it serves at an address: a JWK set of these keys. <rsa>, <ec> and <ed> are the
	// members of the key that signs, <rsa0> with the leading zero that Java writes, and
	// <other> those of another RSA key; <x5> stands for x5c and x5t.
	jwks, keys string

	// How its keys are found: by discovery, by that address, or from a file of the set.
	by      finder
	origins []string // to which discovery leads
	listed  string   // by discovery, as algorithms of ID tokens; RS256 if empty

	new    preset // verifier.New if nil
	config verifier.Config
	scopes []string // that its token grants
	wrong  []wrongClaim
}

type finder int

const (
	byDiscovery finder = iota
	byAddress
	byFile
)

// A wrongClaim is a further claim that is looked at.
type wrongClaim struct {
	name  string
	value any // nil for none
	want  verifier.Reason
}

// claimIs is a Config.Check for a claim that no setting is for.
func claimIs(name, want string) func(context.Context, *verifier.Token) error {
	return func(_ context.Context, t *verifier.Token) error {
		for claim, value := range t.Scalars() {
			if claim == name && value == want {
				return nil
			}
		}
		return verifier.Refuse(errors.New(name + " is missing or another"))
	}
}

const tenant = "11111111-2222-3333-4444-555555555555"

var realIssuers = []realIssuer{
	{
		name: "Auth0", iss: "https://example.eu.auth0.com/",
		header: `{"alg":"RS256","typ":"JWT","kid":"NkFCNEE1NDFDNTQ5RTQ5OTE1QzRBMjYyMzY0NEJCQTJBMjJBQkZCMA"}`,
		claims: `{"iss":"<iss>","sub":"auth0|123456","aud":["https://api.example.com","https://example.eu.auth0.com/userinfo"],<times>,
			"scope":"openid read:orders","azp":"my_client_id","permissions":["read:orders","write:orders"]}`,
		jwks: "https://example.eu.auth0.com/.well-known/jwks.json",
		keys: `{<rsa>,"use":"sig","kid":"NkFCNEE1NDFDNTQ5RTQ5OTE1QzRBMjYyMzY0NEJCQTJBMjJBQkZCMA","alg":"RS256",<x5>},{<other>,"use":"sig","kid":"next","alg":"RS256"}`,
		config: verifier.Config{
			Audience: []string{"https://api.example.com"}, ScopeClaims: []string{"permissions"},
		},
		scopes: []string{"openid", "read:orders", "write:orders"},
	},
	{
		name: "Auth0, RFC 9068 profile", iss: "https://example.eu.auth0.com/",
		header: `{"alg":"RS256","typ":"at+jwt","kid":"k1"}`,
		claims: `{"iss":"<iss>","sub":"auth0|123456","aud":["https://api.example.com","https://example.eu.auth0.com/userinfo"],<times>,
			"client_id":"my_client_id","jti":"73WakrfVbNJBaAmhQtEeDv","scope":"openid read:orders","permissions":["read:orders"]}`,
		jwks: "https://example.eu.auth0.com/.well-known/jwks.json",
		keys: `{<rsa>,"use":"sig","kid":"k1","alg":"RS256",<x5>}`,
		new:  verifier.NewRFC9068,
		config: verifier.Config{
			Audience: []string{"https://api.example.com"}, ScopeClaims: []string{"permissions"},
		},
		scopes: []string{"openid", "read:orders"},
		wrong:  []wrongClaim{{"client_id", nil, verifier.MissingClaim}, {"jti", nil, verifier.MissingClaim}, {"sub", "", verifier.MissingClaim}},
	},
	{
		name: "Okta", iss: "https://example.okta.com/oauth2/default",
		header: `{"kid":"ZkvelLN_seik7w4pc_prCcfUf-h2hFfiwkDeCrs0iUc","alg":"RS256"}`,
		claims: `{"ver":1,"jti":"AT.MNAoEQ_jbKqoinrQo1D0XKjMX28U5d7ZszBceot7-Ts","iss":"<iss>","aud":"api://default",<times>,
			"cid":"0oa1","uid":"00u1","scp":["openid","orders.read"],"auth_time":1699999900,"sub":"user@example.com"}`,
		jwks:   "https://example.okta.com/oauth2/default/v1/keys",
		keys:   `{<rsa>,"alg":"RS256","kid":"ZkvelLN_seik7w4pc_prCcfUf-h2hFfiwkDeCrs0iUc","use":"sig"},{<other>,"alg":"RS256","kid":"fAomAvsWyAWDlnBuJbHoqqCRcRdmsg4vri0OICxbIgs","use":"sig"}`,
		config: verifier.Config{Audience: []string{"api://default"}, Check: claimIs("cid", "0oa1")},
		scopes: []string{"openid", "orders.read"},
		wrong:  []wrongClaim{{"cid", "0oa2", verifier.RefusedByCheck}},
	},
	{
		name: "Microsoft Entra ID, v1.0", iss: "https://sts.windows.net/" + tenant + "/",
		header: `{"typ":"JWT","alg":"RS256","x5t":"nOo3ZDrODXEK1jKWhXslHR_KXEg","kid":"nOo3ZDrODXEK1jKWhXslHR_KXEg"}`,
		claims: `{"aud":"api://orders","iss":"<iss>",<times>,"nbf":1700000000,"acr":"1","aio":"AXQAi","amr":["pwd","mfa"],
			"appid":"aaaaaaaa-0000-0000-0000-000000000000","appidacr":"0","ipaddr":"192.0.2.1","oid":"bbbbbbbb-0000-0000-0000-000000000000",
			"rh":"0.AXoA","roles":["Orders.Approve"],"scp":"access_as_user orders.read","sub":"HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ",
			"tid":"` + tenant + `","unique_name":"user@example.com","uti":"fqiBqXLPj0eQa82S-IYFAA","ver":"1.0"}`,
		jwks: "https://login.microsoftonline.com/common/discovery/keys", origins: []string{"https://login.microsoftonline.com"},
		keys:   `{"use":"sig","kid":"nOo3ZDrODXEK1jKWhXslHR_KXEg",<rsa>,<x5>},{"use":"sig","kid":"other",<other>}`,
		config: verifier.Config{Audience: []string{"api://orders"}, ScopeClaims: []string{"roles"}},
		scopes: []string{"access_as_user", "orders.read", "Orders.Approve"},
	},
	{
		name: "Microsoft Entra ID, v2.0", iss: "https://login.microsoftonline.com/" + tenant + "/v2.0",
		header: `{"typ":"JWT","alg":"RS256","kid":"nOo3ZDrODXEK1jKWhXslHR_KXEg"}`,
		claims: `{"aud":"6e74172b-be56-4843-9ff4-e66a39bb12e3","iss":"<iss>",<times>,"nbf":1700000000,"aio":"AXQAi","azp":"aaaaaaaa-0000-0000-0000-000000000000",
			"azpacr":"0","name":"Abe","oid":"bbbbbbbb-0000-0000-0000-000000000000","preferred_username":"user@example.com","rh":"0.AXoA",
			"roles":["Orders.Approve"],"scp":"access_as_user","sub":"HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ","tid":"` + tenant + `","uti":"fq","ver":"2.0"}`,
		jwks:   "https://login.microsoftonline.com/" + tenant + "/discovery/v2.0/keys",
		keys:   `{<rsa>,"use":"sig","kid":"nOo3ZDrODXEK1jKWhXslHR_KXEg",<x5>,"cloud_instance_name":"microsoftonline.com","issuer":"https://login.microsoftonline.com/` + tenant + `/v2.0"}`,
		config: verifier.Config{Audience: []string{"6e74172b-be56-4843-9ff4-e66a39bb12e3"}, ScopeClaims: []string{"roles"}},
		scopes: []string{"access_as_user", "Orders.Approve"},
	},
	{ // Its discovery is behind a policy, and names an issuer without one.
		name: "Azure AD B2C", iss: "https://example.b2clogin.com/" + tenant + "/v2.0/",
		header: `{"alg":"RS256","kid":"X5eXk4xyojNFum1kl2Ytv8dlNP4-c57dO6QGTVBwaNk","typ":"JWT"}`,
		claims: `{"iss":"<iss>",<times>,"nbf":1700000000,"aud":"6e74172b-be56-4843-9ff4-e66a39bb12e3","oid":"b","sub":"b","tfp":"B2C_1_susi","nonce":"n",
			"scp":"orders.read orders.write","azp":"aaaaaaaa-0000-0000-0000-000000000000","ver":"1.0","emails":["user@example.com"]}`,
		jwks: "https://example.b2clogin.com/example.onmicrosoft.com/B2C_1_susi/discovery/v2.0/keys", by: byAddress,
		keys:   `{"kid":"X5eXk4xyojNFum1kl2Ytv8dlNP4-c57dO6QGTVBwaNk","nbf":1493763266,"use":"sig",<rsa>}`,
		config: verifier.Config{Audience: []string{"6e74172b-be56-4843-9ff4-e66a39bb12e3"}, Check: claimIs("tfp", "B2C_1_susi")},
		scopes: []string{"orders.read", "orders.write"},
		wrong:  []wrongClaim{{"tfp", "B2C_1_password_reset", verifier.RefusedByCheck}},
	},
	{ // Its ID tokens have the same type and keys, and another claim typ.
		name: "Keycloak", iss: "https://sso.example.com/realms/shop",
		header: `{"alg":"RS256","typ" : "JWT","kid" : "FJ86GcF3jTbNLOco4NvZkUCIUmfYCqoqtOQeMfbhNlE"}`,
		claims: `{<times>,"auth_time":1699999900,"jti":"onrtac:e1b0","iss":"<iss>","aud":["orders","account"],"sub":"4f1fd4d1","typ":"Bearer","azp":"webshop",
			"sid":"5a1c","acr":"1","allowed-origins":["https://shop.example.com"],"realm_access":{"roles":["offline_access"]},
			"resource_access":{"account":{"roles":["view-profile"]}},"scope":"openid email orders:read","email_verified":true,"preferred_username":"user"}`,
		jwks: "https://sso.example.com/realms/shop/protocol/openid-connect/certs",
		keys: `{"kid":"FJ86GcF3jTbNLOco4NvZkUCIUmfYCqoqtOQeMfbhNlE","alg":"RS256","use":"sig",<rsa>,<x5>,"x5t#S256":"t"},
			{"kid":"FJ86GcF3jTbNLOco4NvZkUCIUmfYCqoqtOQeMfbhNlE","alg":"PS256","use":"sig",<other>},
			{"kid":"enc-1","alg":"RSA-OAEP","use":"enc",<other>},{"kid":"ed-1","kty":"OKP","alg":"EdDSA","use":"sig","crv":"Ed448","x":"AA"}`,
		listed: `"PS384","RS384","EdDSA","ES384","HS256","HS512","ES256","RS256","HS384","ES512","PS256","PS512","RS512"`,
		config: verifier.Config{Audience: []string{"orders"}, Check: claimIs("typ", "Bearer")},
		scopes: []string{"openid", "email", "orders:read"},
		wrong:  []wrongClaim{{"typ", "ID", verifier.RefusedByCheck}, {"aud", "account", verifier.WrongAudience}},
	},
	{
		name: "Google, ID token", iss: "https://accounts.google.com",
		header: `{"alg":"RS256","kid":"dd125d5f462fbc6014aedab81ddf3bcedab70847","typ":"JWT"}`,
		claims: `{"iss":"<iss>","azp":"1234987819200.apps.googleusercontent.com","aud":"1234987819200.apps.googleusercontent.com","sub":"10769150350006150715113082367",
			"at_hash":"HK6E_P6Dh8Y93mRNtsDB1Q","hd":"example.com","email":"user@example.com","email_verified":true,<times>,"nonce":"0394852-3190485-2490358"}`,
		jwks: "https://www.googleapis.com/oauth2/v3/certs", origins: []string{"https://www.googleapis.com"},
		keys:   `{"kid":"other","e":"AQAB","kty":"RSA","alg":"RS256","n":"AA","use":"sig"},{"kid":"dd125d5f462fbc6014aedab81ddf3bcedab70847","alg":"RS256","use":"sig",<rsa>}`,
		config: verifier.Config{Audience: []string{"1234987819200.apps.googleusercontent.com"}, Check: claimIs("hd", "example.com")},
		wrong:  []wrongClaim{{"hd", "example.net", verifier.RefusedByCheck}},
	},
	{
		name: "Firebase, ID token", iss: "https://securetoken.google.com/example-project",
		header: `{"alg":"RS256","kid":"f1g2","typ":"JWT"}`,
		claims: `{"name":"Abe","iss":"<iss>","aud":"example-project","auth_time":1699999900,"user_id":"KYCjWzsAiYRu4kDW6xhKVg9u7o12","sub":"KYCjWzsAiYRu4kDW6xhKVg9u7o12",
			<times>,"email":"user@example.com","email_verified":false,"firebase":{"identities":{"email":["user@example.com"]},"sign_in_provider":"password"}}`,
		jwks:    "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com",
		origins: []string{"https://www.googleapis.com"},
		keys:    `{<other>,"alg":"RS256","use":"sig","kid":"a1"},{"alg":"RS256","use":"sig",<rsa>,"kid":"f1g2"}`,
		config:  verifier.Config{Audience: []string{"example-project"}, RequiredClaims: []string{"sub", "auth_time"}},
		wrong:   []wrongClaim{{"auth_time", nil, verifier.MissingClaim}},
	},
	{
		name: "GitHub Actions", iss: "https://token.actions.githubusercontent.com",
		header: `{"typ":"JWT","alg":"RS256","x5t":"eBZ_cn3sXYAd0ch4THBKHIgOwOE","kid":"cc413527-173f-5a05-976e-9c52b1d7b431"}`,
		claims: `{"jti":"f4b3","sub":"repo:octo-org/octo-repo:environment:prod","environment":"prod","aud":"https://orders.example.com","ref":"refs/heads/main",
			"sha":"example-sha","repository":"octo-org/octo-repo","repository_owner":"octo-org","actor_id":"12","repository_id":"74","run_id":"example-run-id",
			"workflow":"example-workflow","event_name":"workflow_dispatch","runner_environment":"github-hosted","iss":"<iss>","nbf":1699999700,<times>,
			"job_workflow_ref":"octo-org/octo-automation/.github/workflows/oidc.yml@refs/heads/main"}`,
		jwks: "https://token.actions.githubusercontent.com/.well-known/jwks",
		keys: `{"kid":"cc413527-173f-5a05-976e-9c52b1d7b431","alg":"RS256","use":"sig",<rsa>,<x5>},{"kid":"38826b17-6a30-5f9b-b169-8beb8202f723","alg":"RS256","use":"sig",<other>}`,
		config: verifier.Config{
			Audience: []string{"https://orders.example.com"}, Check: claimIs("sub", "repo:octo-org/octo-repo:environment:prod"),
		},
		wrong: []wrongClaim{{"sub", "repo:octo-org/octo-repo:pull_request", verifier.RefusedByCheck}},
	},
	{
		name: "Sign in with Apple", iss: "https://appleid.apple.com",
		header: `{"kid":"86D88Kf","alg":"RS256"}`,
		claims: `{"iss":"<iss>","aud":"com.example.shop",<times>,"sub":"001234.1f","c_hash":"c","email":"x@privaterelay.appleid.com","email_verified":"true",
			"is_private_email":"true","auth_time":1699999900,"nonce_supported":true}`,
		jwks: "https://appleid.apple.com/auth/keys", by: byFile,
		keys:   `{<other>,"kid":"W6WcOKB","use":"sig","alg":"RS256"},{<rsa>,"kid":"86D88Kf","use":"sig","alg":"RS256"},{"kty":"RSA","kid":"short","use":"sig","alg":"RS256","n":"AQAB","e":"AQAB"}`,
		config: verifier.Config{Audience: []string{"com.example.shop"}},
	},
	{ // A session token has no audience: the origin of the page that asked for it stands in azp.
		name: "Clerk", iss: "https://clerk.example.com",
		header: `{"alg":"RS256","cat":"cl_B7d4PD111AAA","kid":"ins_2abc","typ":"JWT"}`,
		claims: `{"azp":"https://shop.example.com",<times>,"fva":[7,-1],"iss":"<iss>","jti":"j1","nbf":1699999990,"pla":"u:free","sid":"sess_1","sts":"active",
			"sub":"user_1","o":{"id":"org_1","rol":"admin","slg":"acme","per":"read,manage","fpm":"3"},"v":2}`,
		jwks: "https://clerk.example.com/.well-known/jwks.json", by: byAddress,
		keys:   `{"use":"sig",<rsa>,"kid":"ins_2abc","alg":"RS256"}`,
		config: verifier.Config{SkipAudienceCheck: true, Check: claimIs("azp", "https://shop.example.com")},
		wrong:  []wrongClaim{{"azp", "https://elsewhere.example.com", verifier.RefusedByCheck}, {"azp", nil, verifier.RefusedByCheck}},
	},
	{
		name: "Supabase", iss: "https://abcdefghij.supabase.co/auth/v1",
		header: `{"alg":"ES256","kid":"b81269f1-21d8-4f2e-b719-c2240a840d90","typ":"JWT"}`,
		claims: `{"iss":"<iss>","sub":"123e4567-e89b-12d3-a456-426614174000","aud":"authenticated",<times>,"email":"user@example.com","phone":"",
			"app_metadata":{"provider":"email","providers":["email"]},"user_metadata":{},"role":"authenticated","aal":"aal1",
			"amr":[{"method":"password","timestamp":1700000000}],"session_id":"s1","is_anonymous":false}`,
		jwks: "https://abcdefghij.supabase.co/auth/v1/.well-known/jwks.json", by: byFile,
		keys:   `{"alg":"ES256",<ec>,"ext":true,"key_ops":["verify"],"kid":"b81269f1-21d8-4f2e-b719-c2240a840d90","use":"sig"}`,
		config: verifier.Config{Audience: []string{"authenticated"}, Check: claimIs("role", "authenticated")},
		wrong:  []wrongClaim{{"role", "anon", verifier.RefusedByCheck}},
	},
	{
		name: "Amazon Cognito, access token", iss: pool,
		header: `{"kid":"1234example=","alg":"RS256"}`, claims: cognitoAccess,
		jwks:   pool + "/.well-known/jwks.json",
		keys:   `{"alg":"RS256","e":"AQAB","kid":"5678example=","kty":"RSA","n":"AA","use":"sig"},{"alg":"RS256",<rsa>,"kid":"1234example=","use":"sig"}`,
		new:    newCognitoAccess,
		config: verifier.Config{ScopeClaims: []string{"cognito:groups"}},
		scopes: []string{"phone", "openid", "profile", "resourceserver.1/appclient2", "email", "testgroup"},
		wrong: []wrongClaim{
			{"client_id", "3example23456789", verifier.WrongClaim}, {"token_use", "id", verifier.WrongClaim}, {"aud", resource, verifier.WrongAudience},
		},
	},
	{
		name: "Amazon Cognito, ID token", iss: pool,
		header: `{"kid":"5678example=","alg":"RS256"}`, claims: cognitoID,
		jwks:   pool + "/.well-known/jwks.json",
		keys:   `{"alg":"RS256",<rsa>,"kid":"5678example=","use":"sig"},{"alg":"RS256",<other>,"kid":"1234example=","use":"sig"}`,
		new:    newCognitoID,
		config: verifier.Config{ScopeClaims: []string{"cognito:groups"}},
		scopes: []string{"test-group-a", "test-group-b"},
		wrong:  []wrongClaim{{"aud", "3example23456789", verifier.WrongAudience}, {"token_use", "access", verifier.WrongClaim}},
	},
	{
		name: "Cloud Foundry UAA", iss: "https://uaa.sys.example.com/oauth/token",
		header: `{"alg":"RS256","jku":"https://uaa.sys.example.com/token_keys","kid":"key-1","typ":"JWT"}`,
		claims: `{"jti":"b4d3","sub":"9a8b","scope":["openid","cloud_controller.read"],"client_id":"cf","cid":"cf","azp":"cf","grant_type":"password",
			"user_id":"9a8b","origin":"uaa","user_name":"user","email":"user@example.com","rev_sig":"be1d11ba",<times>,"iss":"<iss>","zid":"uaa",
			"aud":["cloud_controller","openid","cf"]}`,
		jwks: "https://login.sys.example.com/token_keys", origins: []string{"https://login.sys.example.com"}, listed: `"RS256","HS256"`,
		keys:   `{<rsa0>,"use":"sig","kid":"key-1","alg":"RS256","value":"-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----"},{"kty":"MAC","alg":"HS256","use":"sig","kid":"legacy","value":"tokenkey"}`,
		config: verifier.Config{Audience: []string{"cloud_controller"}, Check: claimIs("zid", "uaa")},
		scopes: []string{"openid", "cloud_controller.read"},
		wrong:  []wrongClaim{{"zid", "other-zone", verifier.RefusedByCheck}},
	},
	{
		name: "SAP XSUAA", iss: "https://acme.authentication.eu10.hana.ondemand.com/oauth/token",
		header: `{"alg":"RS256","jku":"https://acme.authentication.eu10.hana.ondemand.com/token_keys","kid":"default-jwt-key--57cafe828","typ":"JWT","jid":"j"}`,
		claims: `{"jti":"e785","ext_attr":{"enhancer":"XSUAA","zdn":"acme"},"xs.system.attributes":{"xs.rolecollections":["Clerk"]},"given_name":"Blue",
			"xs.user.attributes":{},"family_name":"Adams","sub":"0fe5","scope":["orders!t14.read","openid"],"client_id":"sb-orders!t14","cid":"sb-orders!t14",
			"azp":"sb-orders!t14","grant_type":"authorization_code","user_id":"0fe5","origin":"sap.default","user_name":"user@example.com","auth_time":1699999900,
			"rev_sig":"be1d11ba",<times>,"iss":"<iss>","zid":"fdca","aud":["orders!t14","openid","sb-orders!t14"]}`,
		jwks: "https://acme.authentication.eu10.hana.ondemand.com/token_keys", by: byAddress,
		keys:   `{<rsa>,"use":"sig","kid":"default-jwt-key--57cafe828","alg":"RS256","value":"-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----"}`,
		config: verifier.Config{Audience: []string{"orders!t14", "sb-orders!t14"}},
		scopes: []string{"orders!t14.read", "openid"},
	},
	{ // Without an audience asked for, it writes an empty list.
		name: "Ory Hydra", iss: "https://auth.example.com",
		header: `{"alg":"RS256","kid":"c8f3e7b4-7d1c-4ba0-9d4e-7a8b8f6f2a11","typ":"JWT"}`,
		claims: `{"aud":[],"client_id":"webshop",<times>,"ext":{},"iss":"<iss>","jti":"7a1d","nbf":1700000000,"scp":["openid","orders:read"],"sub":"user-1"}`,
		jwks:   "https://auth.example.com/.well-known/jwks.json",
		keys:   `{"use":"sig",<other>,"kid":"public:hydra.openid.id-token","alg":"RS256"},{"use":"sig",<rsa>,"kid":"c8f3e7b4-7d1c-4ba0-9d4e-7a8b8f6f2a11","alg":"RS256"}`,
		config: verifier.Config{SkipAudienceCheck: true, Check: claimIs("client_id", "webshop")},
		scopes: []string{"openid", "orders:read"},
		wrong:  []wrongClaim{{"client_id", "other", verifier.RefusedByCheck}},
	},
	{
		name: "Ory Hydra, Ed25519 and an audience", iss: "https://auth.example.com/",
		header: `{"alg":"EdDSA","kid":"ed-1","typ":"JWT"}`,
		claims: `{"aud":["https://api.example.com"],"client_id":"webshop",<times>,"ext":{},"iss":"<iss>","jti":"7a1d","nbf":1700000000,"scp":["orders:read"],"sub":"user-1"}`,
		jwks:   "https://auth.example.com/.well-known/jwks.json",
		keys:   `{"use":"sig",<rsa>,"kid":"old","alg":"RS256"},{"use":"sig",<ed>,"kid":"ed-1","alg":"EdDSA"}`,
		config: verifier.Config{Audience: []string{"https://api.example.com"}},
		scopes: []string{"orders:read"},
		wrong:  []wrongClaim{{"aud", []string{}, verifier.WrongAudience}},
	},
	{ // The token is for its project, whose ID the app asks for by a scope.
		name: "Zitadel", iss: "https://example.zitadel.cloud",
		header: `{"alg":"RS256","kid":"275532018273452034","typ":"JWT"}`,
		claims: `{"iss":"<iss>","sub":"345377791925026818","aud":["344374183645413380"],<times>,"nbf":1700000000,"client_id":"webshop","jti":"V2_1",
			"urn:zitadel:iam:org:project:344374183645413380:roles":{"clerk":{"344373908297744388":"acme.example.com"}}}`,
		jwks:   "https://example.zitadel.cloud/oauth/v2/keys",
		keys:   `{"use":"sig",<rsa>,"kid":"275532018273452034","alg":"RS256"},{"use":"sig",<other>,"kid":"275532018273452035","alg":"RS256"}`,
		config: verifier.Config{Audience: []string{"344374183645413380"}},
	},
}

func TestTheTokensOfRealIssuersAreAcceptedWithTheirScopes(t *testing.T) {
	for _, i := range realIssuers {
		t.Run(i.name, func(t *testing.T) {
			got, err := i.verifier(t).Verify(t.Context(), i.token(t, nil))
			if err != nil {
				t.Fatal(err)
			}
			if got.Issuer != i.iss || !slices.Equal(got.Scopes(), i.scopes) {
				t.Errorf("got issuer %s, scopes %q", got.Issuer, got.Scopes())
			}
		})
	}
}

func TestTheTokensOfRealIssuersAreRefusedWithOneThingWrong(t *testing.T) {
	for _, i := range realIssuers {
		v := i.verifier(t)
		for name, f := range i.faults(t) {
			t.Run(i.name+", "+name, func(t *testing.T) { wantRefused(t, v, i.token(t, f.change), f.want) })
		}
	}
}

// A realToken is what becomes a token.
type realToken struct {
	header, claims map[string]any
	sign           func(input string) []byte
	spoil          bool // flip a bit of the signature
}

// A fault is one thing wrong with a token.
type fault struct {
	change func(*realToken)
	want   verifier.Reason
}

// faults are those that a token of any issuer can have, and its own.
func (i realIssuer) faults(t *testing.T) map[string]fault {
	t.Helper()
	key := func(alg, instance string) func(string) []byte {
		private := testkeys.Private(t, "", alg, instance)
		return func(input string) []byte { return signed(t, private, input) }
	}
	alg := object(t, i.header)["alg"].(string)
	public := testkeys.PEM(t, testkeys.Stem(alg)+"-a.spki")
	all := map[string]fault{
		"another issuer":          {func(t *realToken) { t.claims["iss"] = i.iss + "x" }, verifier.WrongIssuer},
		"no issuer":               {func(t *realToken) { delete(t.claims, "iss") }, verifier.WrongIssuer},
		"expired":                 {func(t *realToken) { t.claims["exp"] = now }, verifier.Expired},
		"no expiry":               {func(t *realToken) { delete(t.claims, "exp") }, verifier.MissingClaim},
		"not yet valid":           {func(t *realToken) { t.claims["nbf"] = now + 60 }, verifier.NotYetValid},
		"another type":            {func(t *realToken) { t.header["typ"] = "logout+jwt" }, verifier.WrongType},
		"a kid of none":           {func(t *realToken) { t.header["kid"] = "gone" }, verifier.UnknownKey},
		"a bit flipped":           {func(t *realToken) { t.spoil = true }, verifier.WrongSignature},
		"another key's signature": {func(t *realToken) { t.sign = key(alg, "b") }, verifier.WrongSignature},
		"another algorithm of its key": {func(t *realToken) {
			t.header["alg"] = map[string]string{"RS256": "RS512", "ES256": "ES384", "EdDSA": "Ed25519"}[alg]
			t.sign = key(t.header["alg"].(string), "a")
		}, verifier.WrongAlgorithm},
		"its public key for a secret": {func(t *realToken) {
			t.header["alg"] = "HS256"
			t.sign = func(input string) []byte {
				mac := hmac.New(sha256.New, public)
				mac.Write([]byte(input))
				return mac.Sum(nil)
			}
		}, verifier.WrongAlgorithm},
		"no signature": {func(t *realToken) { t.header["alg"] = "none" }, verifier.WrongAlgorithm},
	}
	if !i.config.SkipAudienceCheck {
		all["another audience"] = fault{func(t *realToken) { t.claims["aud"] = []string{"somebody", "else"} }, verifier.WrongAudience}
	}
	for _, w := range i.wrong {
		all[fmt.Sprintf("%s %v", w.name, w.value)] = fault{func(t *realToken) {
			t.claims[w.name] = w.value
			if w.value == nil {
				delete(t.claims, w.name)
			}
		}, w.want}
	}
	return all
}

// token returns the issuer's token, changed by the given function.
func (i realIssuer) token(t *testing.T, change func(*realToken)) string {
	t.Helper()
	made := &realToken{header: object(t, i.header), claims: object(t, strings.NewReplacer("<iss>", i.iss, "<times>", `"iat":1700000000,"exp":1700003600`).Replace(i.claims))}
	own := testkeys.Private(t, "", made.header["alg"].(string), "a")
	made.sign = func(input string) []byte { return signed(t, own, input) }
	if change != nil {
		change(made)
	}
	input := encode(string(mustMarshal(t, made.header))) + "." + encode(string(mustMarshal(t, made.claims)))
	signature := made.sign(input)
	if made.spoil {
		signature[len(signature)/2] ^= 1
	}
	return input + "." + encode(string(signature))
}

func signed(t *testing.T, key keys.SigningKey, input string) []byte {
	t.Helper()
	signature, err := key.Sign(context.Background(), []byte(input))
	if err != nil {
		t.Fatal(err)
	}
	return signature
}

func object(t *testing.T, text string) map[string]any {
	t.Helper()
	var members map[string]any
	if err := json.Unmarshal([]byte(text), &members); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return members
}

// verifier returns the one that a user of the issuer makes.
func (i realIssuer) verifier(t *testing.T) *verifier.Local {
	t.Helper()
	cfg, newVerifier := i.config, i.new
	if newVerifier == nil {
		newVerifier = verifier.New
	}
	cfg.Now, cfg.Keys = clock, i.source(t)
	if i.by != byDiscovery {
		cfg.Issuer = i.iss
	}
	v, err := newVerifier(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (i realIssuer) source(t *testing.T) keys.VerificationSource {
	t.Helper()
	set := `{"keys":[` + i.publishedKeys(t) + `]}`
	if i.by == byFile {
		parsed, err := keys.ParseJWKS([]byte(set))
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	web := web{i.jwks: set}
	cfg := jwks.RemoteConfig{URL: i.jwks, Origins: i.origins, Transport: web, Now: clock}
	if i.by == byDiscovery {
		cfg.Issuer, cfg.URL = i.iss, ""
		web[strings.TrimSuffix(i.iss, "/")+"/.well-known/openid-configuration"] = fmt.Sprintf(
			`{"issuer":%q,"jwks_uri":%q,"id_token_signing_alg_values_supported":[%s],"token_endpoint":"https://x.example"}`, i.iss, i.jwks, cmp.Or(i.listed, `"RS256"`))
	}
	remote, err := jwks.NewRemote(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return remote
}

// publishedKeys fills the members of real keys in.
func (i realIssuer) publishedKeys(t *testing.T) string {
	t.Helper()
	members := func(alg, instance string, before []byte) string {
		text, err := json.Marshal(testkeys.Private(t, "", alg, instance).Public())
		if err != nil {
			t.Fatal(err)
		}
		jwk := object(t, string(text))
		if n, ok := jwk["n"].(string); ok {
			digits, err := base64.RawURLEncoding.DecodeString(n)
			if err != nil {
				t.Fatal(err)
			}
			jwk["n"] = base64.RawURLEncoding.EncodeToString(append(before, digits...))
		}
		for _, name := range []string{"alg", "kid", "use"} {
			delete(jwk, name)
		}
		return strings.Trim(string(mustMarshal(t, jwk)), "{}")
	}
	certificate, _ := pem.Decode(testkeys.PEM(t, "rsa2048-a.certificate"))
	return strings.NewReplacer(
		"<rsa>", members("RS256", "a", nil), "<rsa0>", members("RS256", "a", []byte{0}), "<other>", members("RS256", "b", nil),
		"<ec>", members("ES256", "a", nil), "<ed>", members("EdDSA", "a", nil),
		"<x5>", fmt.Sprintf(`"x5c":[%q],"x5t":"nOo3ZDrODXEK1jKWhXslHR_KXEg"`, base64.StdEncoding.EncodeToString(certificate.Bytes)),
	).Replace(i.keys)
}

// web is what there is at every address. It makes a transport.
type web map[string]string

func (w web) RoundTrip(request *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	text, found := w[request.URL.String()]
	if !found {
		recorder.WriteHeader(http.StatusNotFound)
	}
	recorder.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = recorder.WriteString(text)
	return recorder.Result(), nil
}

// Each of two keys under one kid serves its own algorithm, and not the other's.
func TestOneKidOfKeycloakServesEachOfItsAlgorithms(t *testing.T) {
	i := realIssuers[slices.IndexFunc(realIssuers, func(i realIssuer) bool { return i.name == "Keycloak" })]
	v, second := i.verifier(t), testkeys.Private(t, "", "PS256", "b")
	for alg, want := range map[string]verifier.Reason{"PS256": "", "RS256": verifier.WrongSignature, "RS384": verifier.WrongAlgorithm, "HS256": verifier.WrongAlgorithm} {
		_, err := v.Verify(t.Context(), i.token(t, func(made *realToken) {
			made.header["alg"] = alg
			made.sign = func(input string) []byte { return signed(t, second, input) }
		}))
		if verifier.ReasonOf(err) != want || (err == nil) != (want == "") {
			t.Errorf("%s: got %v, want %q", alg, err, want)
		}
	}
}
