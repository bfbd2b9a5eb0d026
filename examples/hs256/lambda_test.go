package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/lambdajwt/authorizer/examples/hs256/users"
	"github.com/lambdajwt/authorizer/examples/hs256/users/dynamotest"
	"github.com/lambdajwt/authorizer/examples/internal/awsconfig"
	"github.com/lambdajwt/authorizer/examples/internal/runtest"
	"github.com/lambdajwt/authorizer/policy"
)

// A cloud has what the functions need of AWS.
type cloud struct {
	db    *dynamotest.DB
	mails chan string
	env   []string // of all functions
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	c := &cloud{db: dynamotest.New(), mails: make(chan string, 10)}
	serve := func(h http.Handler) string {
		server := httptest.NewServer(h)
		t.Cleanup(server.Close)
		return server.URL
	}
	c.env = []string{
		"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret", "AWS_SESSION_TOKEN=session",
		"AWS_ENDPOINT_URL_DYNAMODB=" + serve(c.db),
		"AWS_ENDPOINT_URL_SESV2=" + serve(http.HandlerFunc(c.takeMail)),
		"AWS_ENDPOINT_URL_SECRETS_MANAGER=" + serve(http.HandlerFunc(giveSecret)),
	}
	cfg, err := awsconfig.OnLambda(variables(c.env...))
	if err != nil {
		t.Fatal(err)
	}
	client := dynamodb.NewFromConfig(cfg, func(o *dynamodb.Options) {
		o.BaseEndpoint = awsconfig.Endpoint(variables(c.env...), "AWS_ENDPOINT_URL_DYNAMODB")
	})
	if _, err := client.CreateTable(t.Context(), users.Table("users")); err != nil {
		t.Fatal(err)
	}
	return c
}

// takeMail is Amazon SES, version 2 of its API.
func (c *cloud) takeMail(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if r.URL.Path != "/v2/email/outbound-emails" || !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ") {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	c.mails <- string(body)
	io.WriteString(w, `{"MessageId":"1"}`)
}

// giveSecret is AWS Secrets Manager.
func giveSecret(w http.ResponseWriter, r *http.Request) {
	var in struct{ SecretId string }
	if json.NewDecoder(r.Body).Decode(&in) != nil || in.SecretId != "jwt" || r.Header.Get("X-Amz-Target") != "secretsmanager.GetSecretValue" {
		w.WriteHeader(http.StatusBadRequest)
		io.WriteString(w, `{"__type":"ResourceNotFoundException"}`)
		return
	}
	json.NewEncoder(w).Encode(map[string]string{"SecretString": `{"JWT_SECRET":"` + testSecret + `"}`})
}

func TestTheFunctionsWorkOnLambdaEachInAProcessOfItsOwn(t *testing.T) {
	c := newCloud(t)
	const secret, table, from, page = "JWT_SECRET_ID=jwt", "USERS_TABLE=users", "MAIL_FROM=login@example.com", "CONFIRM_URL=https://app.example.com/confirm"
	env := map[string][]string{
		"authorizer": {secret}, "login": {secret, table}, "refresh": {secret, table},
		"account": {secret, table, from, page}, "user": {table},
	}
	invoke := func(function, route, body string, caller map[string]any, want int) response {
		t.Helper()
		method, resource, _ := strings.Cut(route, " ")
		req := request{HTTPMethod: method, Resource: resource, Body: body}
		req.RequestContext.Authorizer = caller
		var res response
		err := runtest.Invoke(t, function, append(env[function], c.env...), req, &res)
		if err != nil || res.StatusCode != want {
			t.Fatalf("%s: %+v, %v", route, res, err)
		}
		return res
	}
	invoke("account", "POST /user", `{"email":"ann@example.com","password":"three grey owls at noon","first_name":"Ann","last_name":"Lee"}`, nil, 202)
	var confirmation string
	select {
	case mail := <-c.mails:
		confirmation = tokens.FindString(mail)
	case <-time.After(time.Minute):
		t.Fatal("no mail was sent")
	}
	invoke("account", "POST /user/confirm", `{"token":"`+confirmation+`","password":"three grey owls at noon"}`, nil, 200)
	token := tokenIn(t, invoke("login", "POST /user/login", bodies["login/ok"], nil, 200).Body)
	token = tokenIn(t, invoke("refresh", "POST /user/refresh-token", `{"token":"`+token+`"}`, nil, 200).Body)

	event := events.APIGatewayCustomAuthorizerRequest{Type: "TOKEN", MethodArn: methodARN, AuthorizationToken: "Bearer " + token}
	var allowed policy.Response
	authorizer := append(env["authorizer"], c.env...)
	if err := runtest.Invoke(t, "authorizer", authorizer, event, &allowed); err != nil || allowed.Context["first_name"] != "Ann" {
		t.Fatalf("authorizer: %v, %v", allowed, err)
	}
	if list := invoke("user", "GET /user", "", allowed.Context, 200); !strings.Contains(list.Body, `"first_name":"Ann"`) {
		t.Errorf("list: %s", list.Body)
	}
	event.AuthorizationToken += "x"
	err := runtest.Invoke(t, "authorizer", authorizer, event, &allowed)
	if err == nil || !strings.Contains(err.Error(), `"errorMessage":"Unauthorized"`) {
		t.Errorf("authorizer with a bad token: %v", err)
	}
}

func TestAFunctionThatCannotStartSaysWhatToSet(t *testing.T) {
	c := newCloud(t)
	const secret, table = "JWT_SECRET=" + testSecret, "USERS_TABLE=users"
	for name, test := range map[string]struct {
		handler string
		env     []string
		want    string
	}{
		"an unknown name":              {"logni", nil, `there is no function "logni": set Handler to login, refresh, account, user or authorizer`},
		"no name":                      {"", nil, `there is no function "": set Handler to login`},
		"no secret":                    {"authorizer", nil, "JWT_SECRET"},
		"the document's secret":        {"authorizer", []string{"JWT_SECRET=secret-info"}, "32 bytes"},
		"a secret that is not there":   {"authorizer", append(c.env, "JWT_SECRET_ID=none"), "load the secrets"},
		"login without users":          {"login", []string{secret}, "set USERS_TABLE"},
		"login without a secret":       {"login", []string{table}, "JWT_SECRET"},
		"user without users":           {"user", nil, "set USERS_TABLE"},
		"user without a Region":        {"user", []string{table}, "set AWS_REGION"},
		"account without mails":        {"account", append(c.env, secret, table), "set MAIL_FROM"},
		"account without a page":       {"account", append(c.env, secret, table, "MAIL_FROM=a@example.com"), "CONFIRM_URL"},
		"a vault without credentials":  {"authorizer", []string{"JWT_SECRET_ID=jwt", "AWS_REGION=us-east-1"}, "AWS_ACCESS_KEY_ID"},
		"account without a Region too": {"account", []string{secret, table, "MAIL_FROM=a@example.com", "CONFIRM_URL=b"}, "set AWS_REGION"},
	} {
		t.Run(name, func(t *testing.T) {
			var answer any
			err := runtest.Invoke(t, test.handler, test.env, nil, &answer)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v", err)
			}
			if err != nil && (strings.Contains(err.Error(), "secret-info") || strings.Contains(err.Error(), testSecret)) {
				t.Errorf("it shows the secret: %v", err)
			}
		})
	}
}

// grants are what each function asks of the table, as README.md and so a deployed role has it.
var grants = map[string][]string{
	"login":   {"GetItem EMAIL#", "GetItem USER#", "PutItem SESSION#", "UpdateItem ATTEMPT#"},
	"refresh": {"DeleteItem SESSION#", "GetItem SESSION#", "GetItem USER#", "UpdateItem SESSION#"},
	"account": {
		"DeleteItem EMAIL#", "DeleteItem USER#", "GetItem EMAIL#", "GetItem USER#", "PutItem EMAIL#", "PutItem USER#",
		"UpdateItem ATTEMPT#", "UpdateItem EMAIL#", "UpdateItem USER#",
	},
	"user": {"DeleteItem EMAIL#", "DeleteItem USER#", "GetItem USER#", "Query byList", "UpdateItem USER#"},
}

func TestAFunctionAsksTheTableForWhatIsGrantedAndNothingElse(t *testing.T) {
	c := newCloud(t)
	f := newFixture(t)
	cfg, err := awsconfig.OnLambda(variables(c.env...))
	if err != nil {
		t.Fatal(err)
	}
	f.users = users.NewDynamo(dynamodb.NewFromConfig(cfg, func(o *dynamodb.Options) {
		o.BaseEndpoint = awsconfig.Endpoint(variables(c.env...), "AWS_ENDPOINT_URL_DYNAMODB")
	}), "users", f.now)
	asked := map[string][]string{}
	do := func(function, route, body string) string {
		t.Helper()
		before := len(c.db.Calls())
		method, resource, _ := strings.Cut(route, " ")
		req := request{HTTPMethod: method, Resource: resource, Body: body, PathParameters: map[string]string{"id": "new"}}
		req.RequestContext.Authorizer = map[string]any{"id": "new"}
		res, err := f.functions()[function].(func(context.Context, request) (*response, error))(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		for _, call := range c.db.Calls()[before:] {
			prefix, _, found := strings.Cut(call.Key, "#")
			if found {
				prefix += "#"
			}
			asked[function] = append(asked[function], call.Operation+" "+prefix)
		}
		return res.Body
	}
	const create = `{"email":"ann@example.com","password":"three grey owls at noon","first_name":"Ann","last_name":"Lee"}`
	f.newID = func() string { return "old" }
	do("account", "POST /user", create)
	f.clock = f.clock.Add(confirmWithin) // nobody has confirmed it
	f.newID = func() string { return "new" }
	do("account", "POST /user", create)
	do("account", "POST /user", create)
	do("account", "POST /user/confirm", `{"token":"`+f.inbox.last().Token+`","password":"three grey owls at noon"}`)
	do("account", "POST /user", strings.Replace(create, "ann@", "bob@", 1)) // under an ID that is in use
	first := tokenIn(t, do("login", "POST /user/login", bodies["login/ok"]))
	do("refresh", "POST /user/refresh-token", `{"token":"`+first+`"}`)
	do("refresh", "POST /user/refresh-token", `{"token":"`+first+`"}`)
	do("refresh", "POST /user/logout", `{"token":"`+first+`"}`)
	do("account", "POST /user/password", `{"email":"ann@example.com","password":"three grey owls at noon","new_password":"four grey owls by night"}`)
	do("user", "GET /user", "")
	do("user", "GET /user/{id}", "")
	do("user", "PUT /user/{id}", `{"first_name":"Ann","last_name":"Ray"}`)
	do("user", "DELETE /user/{id}", "")

	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for function, granted := range grants {
		got := asked[function]
		slices.Sort(got)
		if got = slices.Compact(got); !slices.Equal(got, granted) {
			t.Errorf("%s asks for %q,\nand is granted %q", function, got, granted)
		}
		if deployed := deployedGrants(t, function); !slices.Equal(deployed, granted) {
			t.Errorf("template.yaml grants %s %q,\nwant %q", function, deployed, granted)
		}
		if row := fmt.Sprintf("| `%s` | %s |", function, strings.Join(granted, ", ")); !strings.Contains(string(readme), row) {
			t.Errorf("README.md lacks the row\n%s", row)
		}
	}
}

// deployedGrants returns what template.yaml lets a function ask of the table.
func deployedGrants(t *testing.T, function string) (grants []string) {
	t.Helper()
	functions, err := readTemplate(t).Functions()
	if err != nil {
		t.Fatal(err)
	}
	for _, grant := range functions[strings.ToUpper(function[:1])+function[1:]].Grants {
		operation, onTable := strings.CutPrefix(grant.Actions[0], "dynamodb:")
		if !onTable {
			continue
		}
		if index, found := strings.CutPrefix(grant.Resources[0], "${Users.Arn}/index/"); found {
			grants = append(grants, operation+" "+index)
			continue
		}
		condition, _ := json.Marshal(grant.Condition)
		keys, found := strings.CutPrefix(string(condition), `{"ForAllValues:StringLike":{"dynamodb:LeadingKeys":["`)
		if !found || grant.Resources[0] != "${Users.Arn}" {
			t.Errorf("%s may do more: %v", function, grant)
		}
		for prefix := range strings.SplitSeq(strings.TrimSuffix(keys, `"]}}`), `","`) {
			grants = append(grants, operation+" "+strings.TrimSuffix(prefix, "*"))
		}
	}
	slices.Sort(grants)
	return grants
}

func TestServeKeepsItsUsersInATableIfOneIsNamed(t *testing.T) {
	c := newCloud(t)
	for _, variable := range append(c.env, "USERS_TABLE=users") {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
	api, _, err := serve(t.TempDir(), "http://127.0.0.1", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	res := httptest.NewRecorder()
	body := `{"email":"ann@example.com","password":"three grey owls at noon","first_name":"Ann","last_name":"Lee"}`
	api.ServeHTTP(res, httptest.NewRequestWithContext(t.Context(), "POST", "/user", strings.NewReader(body)))
	if calls := c.db.Calls(); res.Code != 202 || len(calls) == 0 {
		t.Errorf("%d %s, calls %v", res.Code, res.Body, calls)
	}
}
