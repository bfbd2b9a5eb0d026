package users_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/lambdajwt/authorizer/examples/hs256/users"
	"github.com/lambdajwt/authorizer/examples/hs256/users/dynamotest"
	"github.com/lambdajwt/authorizer/examples/hs256/users/userstest"
)

// endpoint is where the tests have their tables: in a DynamoDB of other people's making,
// if DYNAMODB_ENDPOINT has its address, and otherwise in the stand-in of package dynamotest.
func endpoint(t *testing.T) string {
	t.Helper()
	if url := os.Getenv("DYNAMODB_ENDPOINT"); url != "" {
		return url
	}
	server := httptest.NewServer(dynamotest.New())
	t.Cleanup(server.Close)
	return server.URL
}

// newClient is the SDK's own. What it sends to write goes through link, if there is one.
func newClient(endpoint string, link *userstest.Link) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region: "us-east-1", BaseEndpoint: &endpoint, HTTPClient: transport{link},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret"}, nil
		}),
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts = 2
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
			o.RateLimiter = unlimited{}
		}),
	})
}

type unlimited struct{}

func (unlimited) GetToken(context.Context, uint) (func() error, error) {
	return func() error { return nil }, nil
}
func (unlimited) AddTokens(uint) error { return nil }

type transport struct{ link *userstest.Link }

func (t transport) Do(req *http.Request) (res *http.Response, err error) {
	_, operation, _ := strings.Cut(req.Header.Get("X-Amz-Target"), ".")
	if t.link == nil || !strings.HasSuffix(operation, "Item") || operation == "GetItem" {
		return http.DefaultClient.Do(req)
	}
	err = t.link.Write(func() error {
		res, err = http.DefaultClient.Do(req)
		return err
	})
	if err != nil && res != nil {
		res.Body.Close()
		res = nil
	}
	return res, err
}

// newTable makes a table, and deletes it after the test.
func newTable(t *testing.T, client *dynamodb.Client) string {
	t.Helper()
	name := "users-" + rand.Text()
	if _, err := client.CreateTable(t.Context(), users.Table(name)); err != nil {
		t.Fatalf("no table could be made: %v", err)
	}
	waitForTable(t, client, name)
	t.Cleanup(func() {
		if _, err := client.DeleteTable(context.WithoutCancel(t.Context()), &dynamodb.DeleteTableInput{TableName: &name}); err != nil {
			t.Error(err)
		}
	})
	return name
}

// waitForTable waits until a table can be used.
func waitForTable(t *testing.T, client *dynamodb.Client, name string) {
	t.Helper()
	often := func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = time.Millisecond, 100*time.Millisecond
	}
	if err := dynamodb.NewTableExistsWaiter(client, often).Wait(t.Context(), &dynamodb.DescribeTableInput{TableName: &name}, time.Minute); err != nil {
		t.Fatal(err)
	}
}

func TestDynamoConforms(t *testing.T) {
	url := endpoint(t)
	userstest.Run(t, func(t *testing.T, now func() time.Time, link *userstest.Link) users.Store {
		return users.NewDynamo(newClient(url, link), newTable(t, newClient(url, nil)), now)
	})
}

// A bench is a store on a table whose items can be looked at.
type bench struct {
	*users.Dynamo
	client *dynamodb.Client
	table  string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	client := newClient(endpoint(t), nil)
	table := newTable(t, client)
	return &bench{users.NewDynamo(client, table, at(start)), client, table}
}

// attributes returns the names of an item's attributes, in order and parted by spaces.
func (b *bench) attributes(t *testing.T, pk string) string {
	t.Helper()
	out, err := b.client.GetItem(t.Context(), &dynamodb.GetItemInput{
		TableName: &b.table, Key: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: pk}}, ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(slices.Sorted(maps.Keys(out.Item)), " ")
}

func TestAnItemEndsByItselfUnlessItIsOfAConfirmedUser(t *testing.T) {
	b := newBench(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	const (
		user = "confirmBy created email emailKey epoch firstName hash id lastName pk"
		none = ""
	)
	steps := []struct {
		name       string
		do         func()
		user, mail string
	}{
		{"created", func() { must(b.Create(t.Context(), ann)) }, user + " ttl version", "deadline pk ttl userId"},
		{"confirmed", func() { must(b.Confirm(t.Context(), "u1")) }, "confirmBy confirmed created email emailKey epoch firstName hash id lastName list pk version", "pk userId"},
		{"removed", func() { must(b.Remove(t.Context(), "u1")) }, none, none},
	}
	for _, step := range steps {
		step.do()
		if got := b.attributes(t, "USER#u1"); got != step.user {
			t.Errorf("%s: the user is %q, want %q", step.name, got, step.user)
		}
		if got := b.attributes(t, "EMAIL#ann@example.com"); got != step.mail {
			t.Errorf("%s: the address is %q, want %q", step.name, got, step.mail)
		}
	}

	must(b.StartSession(t.Context(), users.Session{ID: "s1", UserID: "u1", TokenID: "t1", Ends: start.Add(time.Hour)}))
	_, err := b.Count(t.Context(), "login", start.Add(time.Minute))
	must(err)
	if got := b.attributes(t, "SESSION#s1"); got != "expires jti pk ttl userId" {
		t.Errorf("the session is %q", got)
	}
	if got := b.attributes(t, "ATTEMPT#login"); got != "n pk ttl" {
		t.Errorf("the count is %q", got)
	}
}

func TestTheIndexHasNamesAndNeitherAddressesNorHashes(t *testing.T) {
	b := newBench(t)
	if err := errors.Join(b.Create(t.Context(), ann), b.Confirm(t.Context(), "u1")); err != nil {
		t.Fatal(err)
	}
	index, condition := "byList", "#list = :list"
	out, err := b.client.Query(t.Context(), &dynamodb.QueryInput{
		TableName: &b.table, IndexName: &index, KeyConditionExpression: &condition,
		ExpressionAttributeNames:  map[string]string{"#list": "list"},
		ExpressionAttributeValues: map[string]types.AttributeValue{":list": &types.AttributeValueMemberS{Value: "L"}},
		Limit:                     aws.Int32(10),
	})
	if err != nil || len(out.Items) != 1 {
		t.Fatalf("%v, %v", out, err)
	}
	if got := strings.Join(slices.Sorted(maps.Keys(out.Items[0])), " "); got != "firstName id lastName list pk" {
		t.Errorf("the index has %q", got)
	}
}

func TestAnUnknownAddressTakesAsManyCallsAsAKnownOne(t *testing.T) {
	db := dynamotest.New()
	server := httptest.NewServer(db)
	t.Cleanup(server.Close)
	client := newClient(server.URL, nil)
	store := users.NewDynamo(client, newTable(t, client), at(start))
	if err := store.Create(t.Context(), ann); err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{"ann@example.com", "nobody@example.com"} {
		before := len(db.Calls())
		store.ByEmail(t.Context(), address)
		var asked []string
		for _, call := range db.Calls()[before:] {
			asked = append(asked, call.Operation)
		}
		if !slices.Equal(asked, []string{"GetItem", "GetItem"}) {
			t.Errorf("%s: %q", address, asked)
		}
	}
}

func TestAnOutageIsNoRefusal(t *testing.T) {
	store := users.NewDynamo(newClient("http://127.0.0.1:1", nil), "users", at(start)) // nobody listens there
	_, byID := store.ByID(t.Context(), "u1")
	_, byEmail := store.ByEmail(t.Context(), "ann@example.com")
	_, list := store.List(t.Context(), "", 1)
	_, count := store.Count(t.Context(), "login", start)
	for name, err := range map[string]error{
		"ByID": byID, "ByEmail": byEmail, "List": list, "Count": count,
		"Create":       store.Create(t.Context(), ann),
		"Confirm":      store.Confirm(t.Context(), "u1"),
		"Update":       store.Update(t.Context(), ann),
		"Remove":       store.Remove(t.Context(), "u1"),
		"StartSession": store.StartSession(t.Context(), users.Session{ID: "s1"}),
		"RenewSession": store.RenewSession(t.Context(), "s1", "t1", "t2"),
		"EndSession":   store.EndSession(t.Context(), "s1"),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
		for _, refusal := range []error{users.ErrNoUser, users.ErrEmailTaken, users.ErrStale, users.ErrNoSession, users.ErrReused} {
			if errors.Is(err, refusal) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestASessionThatCannotBeEndedIsNoReportedReuse(t *testing.T) {
	var link userstest.Link
	url := endpoint(t)
	client := newClient(url, nil)
	store := users.NewDynamo(newClient(url, &link), newTable(t, client), at(start))
	if err := store.StartSession(t.Context(), users.Session{ID: "s1", TokenID: "t1", Ends: start.Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	link.CutAfter(1) // the renewal itself
	if err := store.RenewSession(t.Context(), "s1", "t0", "t2"); err == nil || errors.Is(err, users.ErrReused) {
		t.Errorf("error %v", err)
	}
	link.Mend()
	if err := store.RenewSession(t.Context(), "s1", "t0", "t2"); !errors.Is(err, users.ErrReused) {
		t.Errorf("the next time: %v", err)
	}
}

// An interceptor has something done before an item is read, which may fail.
type interceptor struct {
	*dynamodb.Client
	before func(pk string) error
}

func (i interceptor) GetItem(ctx context.Context, in *dynamodb.GetItemInput, options ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	if err := i.before(in.Key["pk"].(*types.AttributeValueMemberS).Value); err != nil {
		return nil, err
	}
	return i.Client.GetItem(ctx, in, options...)
}

// A store that learns that a condition is not met, but not why, does not guess.
func TestAnOutageAfterAConditionThatIsNotMetIsNoRefusal(t *testing.T) {
	b := newBench(t)
	if err := errors.Join(b.Create(t.Context(), ann), b.StartSession(t.Context(), users.Session{ID: "s1", TokenID: "t1", Ends: start.Add(time.Hour)})); err != nil {
		t.Fatal(err)
	}
	away := errors.New("away")
	store := users.NewDynamo(interceptor{b.client, func(string) error { return away }}, b.table, at(start))
	again, other, unread := ann, ann, ann
	again.EmailKey, other.ID, unread.Version = "another@example.com", "u2", "another"
	for name, err := range map[string]error{
		"a token that was renewed":     store.RenewSession(t.Context(), "s1", "t0", "t2"),
		"an update of another version": store.Update(t.Context(), unread),
		"an address that is taken":     store.Create(t.Context(), other),
		"an ID that is taken":          store.Create(t.Context(), again),
		"a confirmation":               store.Confirm(t.Context(), "u1"),
		"a removal":                    store.Remove(t.Context(), "u1"),
	} {
		if !errors.Is(err, away) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnAddressThatBecomesFreeWhileItIsAskedForIsTaken(t *testing.T) {
	b := newBench(t)
	if err := errors.Join(b.Create(t.Context(), ann), b.Confirm(t.Context(), "u1")); err != nil {
		t.Fatal(err)
	}
	reads := 0
	store := users.NewDynamo(interceptor{b.client, func(pk string) error {
		if reads++; reads == 1 {
			return b.Remove(t.Context(), "u1")
		}
		return nil
	}}, b.table, at(start))
	second := ann
	second.ID = "u2"
	if err := store.Create(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	if u, err := b.ByEmail(t.Context(), "ann@example.com"); err != nil || u.ID != "u2" {
		t.Errorf("%+v, %v", u, err)
	}
}

// Every time that it looks, the address is another's: that must come to an end.
func TestAnAddressThatOthersKeepTakingIsTaken(t *testing.T) {
	b := newBench(t)
	n := 0
	take := func() error { // an account that nobody can confirm any more
		n++
		u := ann
		u.ID, u.ConfirmBy = fmt.Sprint("other", n), start.Add(-24*time.Hour)
		return users.NewDynamo(b.client, b.table, at(start.Add(time.Duration(n-10)*time.Hour))).Create(t.Context(), u)
	}
	if err := take(); err != nil {
		t.Fatal(err)
	}
	store := users.NewDynamo(interceptor{b.client, func(pk string) error {
		if strings.HasPrefix(pk, "USER#other") {
			return take()
		}
		return nil
	}}, b.table, at(start))
	if err := store.Create(t.Context(), ann); !errors.Is(err, users.ErrEmailTaken) || n < 2 {
		t.Errorf("error %v, after %d others", err, n)
	}
}
