package deployed_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/examples/hs256/users"
	"github.com/lambdajwt/authorizer/examples/hs256/users/dynamotest"
	"github.com/lambdajwt/authorizer/examples/internal/awsconfig"
	"github.com/lambdajwt/authorizer/examples/internal/bootstrap"
	"github.com/lambdajwt/authorizer/examples/internal/deployed"
	"github.com/lambdajwt/authorizer/examples/rotation/secretstest"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/jwks"
	"github.com/lambdajwt/authorizer/keys/kmstest"
	"github.com/lambdajwt/authorizer/signer"
)

const password = "of 32 random bytes, were this no test"

func hash() string { return fmt.Sprintf("%x", sha256.Sum256([]byte(password))) }

// call makes a request, such as to "GET /whoami", and returns the answer's body.
func call(t *testing.T, api http.Handler, do, token, body string, want int) string {
	t.Helper()
	method, path, _ := strings.Cut(do, " ")
	req := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept", "application/json, text/event-stream") // as the Model Context Protocol wants it
	w := httptest.NewRecorder()
	api.ServeHTTP(w, req)
	if w.Code != want {
		t.Fatalf("%s: %d %s, want %d", do, w.Code, w.Body, want)
	}
	return w.Body.String()
}

var jwt = regexp.MustCompile(`eyJ[\w-]+\.[\w-]+\.[\w-]+`)

func serve(t *testing.T, h http.Handler) (url string) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

// secrets is AWS Secrets Manager with one secret.
func secrets(id, value string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct{ SecretId string }
		if json.NewDecoder(r.Body).Decode(&in) != nil || in.SecretId != id {
			w.WriteHeader(http.StatusBadRequest)
			io.WriteString(w, `{"__type":"ResourceNotFoundException"}`)
			return
		}
		json.NewEncoder(w).Encode(map[string]string{"SecretString": value})
	})
}

func TestStaticpem(t *testing.T) {
	const issuer, audience = "https://login.example.com", "orders"
	key, err := keys.GeneratePrivateKey("RS256")
	if err != nil {
		t.Fatal(err)
	}
	pem, err := key.Public().MarshalPEM()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(pem)), "\n")
	api := deployed.Run(t, deployed.Stack{Example: "staticpem", Parameters: map[string]string{
		"Issuer": issuer, "Audience": audience, "PublicKey": strings.Join(lines[1:len(lines)-1], ""),
	}})
	s, err := signer.NewIssuer(signer.IssuerConfig{Keys: key, Issuer: issuer, Audience: []string{audience}, Lifetime: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	token, err := s.Issue(t.Context(), "ann", map[string]any{"user_id": "ann", "first_name": "Ann", "last_name": "Lee", "admin": true})
	if err != nil {
		t.Fatal(err)
	}
	call(t, api, "GET /whoami", "", "", 401)
	call(t, api, "GET /whoami", token+"x", "", 401)
	if body := call(t, api, "GET /whoami", token, "", 200); !strings.Contains(body, `"user_id":"ann"`) {
		t.Error(body)
	}
	authorizer := api.Functions["Authorizer"]
	authorizer.Close()
	if log := authorizer.Printed(); !strings.Contains(log, `"decision":"allowed"`) || !strings.Contains(log, `"decision":"refused"`) || jwt.MatchString(log) {
		t.Errorf("log %s", log)
	}
}

func TestHS256(t *testing.T) {
	db := dynamotest.New()
	mails := make(chan string, 1)
	endpoint := serve(t, db)
	createUsers(t, endpoint)
	api := deployed.Run(t, deployed.Stack{
		Example: "hs256",
		Parameters: map[string]string{
			"MailFrom": "login@example.com", "MailIdentity": "example.com", "ConfirmUrl": "https://app.example.com/confirm",
		},
		Resources: map[string]string{"Users": "users", "Secret": "jwt"},
		Env: []string{
			"AWS_ENDPOINT_URL_DYNAMODB=" + endpoint,
			"AWS_ENDPOINT_URL_SECRETS_MANAGER=" + serve(t, secrets("jwt", `{"JWT_SECRET":"of 32 random bytes, were this no test"}`)),
			"AWS_ENDPOINT_URL_SESV2=" + serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				mails <- string(body)
				io.WriteString(w, `{"MessageId":"1"}`)
			})),
		},
	})
	const ann = `{"email":"ann@example.com","password":"three grey owls at noon","first_name":"Ann","last_name":"Lee"}`
	call(t, api, "POST /user", "", ann, 202)
	var confirmation string
	select {
	case mail := <-mails:
		confirmation = jwt.FindString(mail)
	case <-time.After(time.Minute):
		t.Fatal("no mail was sent")
	}
	call(t, api, "POST /user/confirm", "", `{"token":"`+confirmation+`","password":"three grey owls at noon"}`, 200)
	token := jwt.FindString(call(t, api, "POST /user/login", "", `{"email":"ann@example.com","password":"three grey owls at noon"}`, 200))
	call(t, api, "GET /user", "", "", 401)
	call(t, api, "GET /user", token+"x", "", 401)
	if body := call(t, api, "GET /user", token, "", 200); !strings.Contains(body, `"first_name":"Ann"`) {
		t.Error(body)
	}
	token = jwt.FindString(call(t, api, "POST /user/refresh-token", "", `{"token":"`+token+`"}`, 200))
	call(t, api, "DELETE /user/somebody-else", token, "", 403)
	call(t, api, "POST /user/logout", "", `{"token":"`+token+`"}`, 204)
}

func createUsers(t *testing.T, endpoint string) {
	t.Helper()
	cfg, err := awsconfig.OnLambda(func(string) string { return "x" })
	if err != nil {
		t.Fatal(err)
	}
	client := dynamodb.NewFromConfig(cfg, func(o *dynamodb.Options) { o.BaseEndpoint = &endpoint })
	if _, err := client.CreateTable(t.Context(), users.Table("users")); err != nil {
		t.Fatal(err)
	}
}

func TestKMSEnvelope(t *testing.T) {
	fake := kmstest.New(kmstest.Config{})
	key, err := fake.AddKey(types.KeySpecSymmetricDefault, nil)
	if err != nil {
		t.Fatal(err)
	}
	api := deployed.Run(t, deployed.Stack{
		Example:    "kmsenvelope",
		Parameters: map[string]string{"KeyArn": key, "LoginPasswordSHA256": hash()},
		Env:        []string{"AWS_ENDPOINT_URL_KMS=" + fake.Serve(t)},
	})
	token := jwt.FindString(call(t, api, "POST /login", "", `{"user":"ann","password":"`+password+`"}`, 200))
	call(t, api, "GET /whoami", "", "", 401)
	call(t, api, "GET /whoami", token+"x", "", 401)
	if body := call(t, api, "GET /whoami", token, "", 200); !strings.Contains(body, `"user":"ann"`) {
		t.Error(body)
	}

	// An outage is what the alarm goes by: by this line of the log.
	token = jwt.FindString(call(t, api, "POST /login", "", `{"user":"ann","password":"`+password+`"}`, 200))
	fake.Fail("Decrypt", kmstest.Forever, kmstest.Error("AccessDeniedException", "no"))
	call(t, api, "GET /whoami", token, "", 500)
	authorizer := api.Functions["Authorizer"]
	authorizer.Close()
	if log := authorizer.Printed(); !failed.MatchString(log) || jwt.MatchString(log) {
		t.Errorf("log %s", log)
	}
}

// failed is a line that the templates' filter { $.decision = "failed" } finds: a JSON object.
var failed = regexp.MustCompile(`(?m)^\{.*"decision":"failed".*\}$`)

func TestKMSAsymmetric(t *testing.T) {
	fake := kmstest.New(kmstest.Config{})
	key, err := fake.AddKey(types.KeySpecRsa2048, nil)
	if err != nil {
		t.Fatal(err)
	}
	previous, err := fake.AddKey(types.KeySpecRsa2048, nil)
	if err != nil {
		t.Fatal(err)
	}
	api := deployed.Run(t, deployed.Stack{
		Example:    "kmsasymmetric",
		Parameters: map[string]string{"SigningKey": key, "PreviousKey": previous, "LoginPasswordSHA256": hash()},
		Env:        []string{"AWS_ENDPOINT_URL_KMS=" + fake.Serve(t)},
	})
	token := jwt.FindString(call(t, api, "POST /token", "", `{"user":"ann","password":"`+password+`"}`, 200))
	call(t, api, "GET /whoami", "", "", 401)
	call(t, api, "GET /whoami", token+"x", "", 401)
	if body := call(t, api, "GET /whoami", token, "", 200); !strings.Contains(body, `"user":"ann"`) {
		t.Error(body)
	}
	call(t, api, "GET /reports/eu", token, "", 200)
	call(t, api, "GET /reports/us", token, "", 403)
	call(t, api, "DELETE /reports/eu", token, "", 403)
}

// The keys are made by the program itself, as a developer makes them.
func TestSelfissued(t *testing.T) {
	const issuer = "https://login.example.com"
	dir := t.TempDir()
	program := filepath.Join(dir, "selfissued")
	if err := bootstrap.Compile("../..", "selfissued", runtime.GOARCH, program); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) string {
		t.Helper()
		command := exec.CommandContext(t.Context(), program, append([]string{"keys"}, args...)...)
		command.Dir = dir
		output, err := command.Output()
		if err != nil {
			t.Fatal(err)
		}
		return string(output)
	}
	run("init")
	run("publish", "-issuer", issuer, "public")
	const arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:Keys-abcdef"
	api := deployed.Run(t, deployed.Stack{
		Example:    "selfissued",
		Parameters: map[string]string{"Issuer": issuer, "KeysArn": arn, "LoginPasswordSHA256": hash(), "LoginScopes": "USER ADMIN"},
		Env:        []string{"AWS_ENDPOINT_URL_SECRETS_MANAGER=" + serve(t, secrets(arn, run("secret")))},
		JWT:        &authorizertest.JWTAuthorizer{Client: &http.Client{Transport: published(filepath.Join(dir, "public"))}},
	})
	token := jwt.FindString(call(t, api, "POST /token", "", `{"user":"ann","password":"`+password+`"}`, 200))
	call(t, api, "GET /protected/user", "", "", 401)
	call(t, api, "GET /protected/user", token+"x", "", 401)
	if body := call(t, api, "GET /protected/user", token, "", 200); !strings.Contains(body, `"user":"ann"`) {
		t.Error(body)
	}
	call(t, api, "GET /protected/admin", token, "", 403)
}

func TestRotation(t *testing.T) {
	const arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:Secret-abcdef"
	manager := secretstest.NewSecretsManager(arn, "first", "of 32 random bytes, were this no test", time.Now)
	api := deployed.Run(t, deployed.Stack{
		Example:    "rotation",
		Parameters: map[string]string{"LoginPasswordSHA256": hash()},
		Resources:  map[string]string{"Secret": arn},
		Env:        []string{"AWS_ENDPOINT_URL_SECRETS_MANAGER=" + serve(t, manager)},
	})
	token := jwt.FindString(call(t, api, "POST /token", "", `{"user":"ann","password":"`+password+`"}`, 200))
	call(t, api, "GET /whoami", "", "", 401)
	call(t, api, "GET /whoami", token+"x", "", 401)
	if body := call(t, api, "GET /whoami", token, "", 200); !strings.Contains(body, `"user":"ann"`) {
		t.Error(body)
	}
	manager.Rotate("second")
	for _, step := range []string{"createSecret", "setSecret", "testSecret", "finishSecret"} {
		event := fmt.Sprintf(`{"Step":%q,"SecretId":%q,"ClientRequestToken":"second"}`, step, arn)
		if _, err := api.Functions["Rotate"].Invoke(t.Context(), []byte(event)); err != nil {
			t.Fatalf("%s: %v", step, err)
		}
	}
	if stages := manager.Stages(); stages["AWSCURRENT"] != "second" || stages["AWSPREVIOUS"] != "first" {
		t.Errorf("%v", stages)
	}
	call(t, api, "GET /whoami", token, "", 200)
}

func TestMCP(t *testing.T) {
	key, err := keys.GeneratePrivateKey("ES256")
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	issuer := serve(t, mux)
	publisher, err := jwks.NewPublisher(jwks.PublisherConfig{Issuer: issuer, Keys: key})
	if err != nil {
		t.Fatal(err)
	}
	mux.Handle("/", publisher)
	api := deployed.Run(t, deployed.Stack{Example: "mcp", Parameters: map[string]string{"Domain": "mcp.example.com", "Issuer": issuer}})
	s, err := signer.NewIssuer(signer.IssuerConfig{
		Keys: key, Type: "at+jwt", Issuer: issuer, Audience: []string{"https://mcp.example.com/mcp"}, Lifetime: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	token, err := s.Issue(t.Context(), "ann", map[string]string{"client_id": "story", "scope": "orders:read"})
	if err != nil {
		t.Fatal(err)
	}
	if body := call(t, api, "GET /.well-known/oauth-protected-resource/mcp", "", "", 200); !strings.Contains(body, `"authorization_servers":["`+issuer+`"]`) {
		t.Error(body)
	}
	const list = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_orders","arguments":{}}}`
	call(t, api, "POST /mcp", "", list, 401)
	call(t, api, "POST /mcp", token+"x", list, 401)
	if body := call(t, api, "POST /mcp", token, list, 200); !strings.Contains(body, "1001 for ann") {
		t.Error(body)
	}
}

// published serves files as a bucket does that has been given them with their type.
func published(dir string) http.RoundTripper { return bucket{http.NewFileTransportFS(os.DirFS(dir))} }

type bucket struct{ files http.RoundTripper }

func (b bucket) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := b.files.RoundTrip(r)
	if err == nil {
		res.Header.Set("Content-Type", "application/json")
	}
	return res, err
}
