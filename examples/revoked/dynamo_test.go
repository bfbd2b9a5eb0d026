package revoked_test

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/lambdajwt/authorizer/examples/hs256/users/dynamotest"
	"github.com/lambdajwt/authorizer/examples/revoked"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
	"github.com/lambdajwt/authorizer/verifier/revocation"
)

// start is within a second, of which revocations know nothing.
var start = time.Date(2026, 3, 1, 12, 0, 0, 500_000_000, time.UTC)

// A bench is a verifier that looks revocations up, and who issues the tokens.
type bench struct {
	t        *testing.T
	client   *dynamodb.Client
	table    string
	store    *revoked.Dynamo
	issuer   *signer.Issuer
	verifier *verifier.Local
	now      time.Time
}

// newBench has its table in a DynamoDB of other people's making, if DYNAMODB_ENDPOINT has
// its address, and otherwise in the stand-in of package dynamotest.
func newBench(t *testing.T) *bench {
	t.Helper()
	url := os.Getenv("DYNAMODB_ENDPOINT")
	if url == "" {
		server := httptest.NewServer(dynamotest.New())
		t.Cleanup(server.Close)
		url = server.URL
	}
	b := &bench{t: t, table: "revoked-" + rand.Text(), now: start}
	b.client = dynamodb.New(dynamodb.Options{
		Region: "us-east-1", BaseEndpoint: &url, RetryMaxAttempts: 1, HTTPClient: http.DefaultClient, // whose idle connections leaktest closes
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret"}, nil
		}),
	})
	pk := "pk"
	_, err := b.client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: &b.table, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: &pk, AttributeType: types.ScalarAttributeTypeS}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: &pk, KeyType: types.KeyTypeHash}},
	})
	if err != nil {
		t.Fatal(err)
	}
	often := func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = time.Millisecond, 100*time.Millisecond
	}
	if err := dynamodb.NewTableExistsWaiter(b.client, often).Wait(t.Context(), &dynamodb.DescribeTableInput{TableName: &b.table}, time.Minute); err != nil {
		t.Fatal(err)
	}
	b.store = revoked.NewDynamo(b.client, b.table)
	key, err := keys.GeneratePrivateKey("ES256")
	if err != nil {
		t.Fatal(err)
	}
	checker, err := revocation.New(revocation.Config{Store: b.store, Now: b.clock})
	if err != nil {
		t.Fatal(err)
	}
	b.verifier, err = verifier.New(verifier.Config{Keys: key, Issuer: "login", Audience: []string{"api"}, Check: checker.Check, Now: b.clock})
	if err != nil {
		t.Fatal(err)
	}
	b.issuer, err = signer.NewIssuer(signer.IssuerConfig{Keys: key, Issuer: "login", Audience: []string{"api"}, Lifetime: time.Hour, Now: b.clock})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) clock() time.Time { return b.now }

func (b *bench) issue(subject, session string) string {
	b.t.Helper()
	token, err := b.issuer.Issue(b.t.Context(), subject, map[string]any{"sid": session})
	if err != nil {
		b.t.Fatal(err)
	}
	return token
}

// wants fails the test unless a token is accepted, or is refused as revoked.
func (b *bench) wants(accepted bool, token, name string) {
	b.t.Helper()
	_, err := b.verifier.Verify(b.t.Context(), token)
	if accepted && err != nil || !accepted && !errors.Is(err, revocation.ErrRevoked) {
		b.t.Errorf("%s: %v", name, err)
	}
}

func (b *bench) revoke(kind revocation.Kind, id string) {
	b.t.Helper()
	if err := b.store.Revoke(b.t.Context(), revocation.Key{Kind: kind, Issuer: "login", ID: id}, b.now, b.now.Add(time.Hour)); err != nil {
		b.t.Fatal(err)
	}
}

func TestTokensSessionsAndUsersAreRevoked(t *testing.T) {
	b := newBench(t)
	one, other := b.issue("ann", "s1"), b.issue("ann", "s1")
	session, third := b.issue("ann", "s2"), b.issue("bob", "s3")
	verified, err := b.verifier.Verify(t.Context(), one)
	if err != nil {
		t.Fatal(err)
	}
	b.revoke(revocation.ByToken, verified.ID)
	b.wants(false, one, "the token")
	b.wants(true, other, "another one of the session")

	b.revoke(revocation.BySession, "s1")
	b.wants(false, other, "another one of the session, now revoked")
	b.wants(true, session, "another session")

	b.revoke(revocation.BySubject, "ann")
	b.wants(false, session, "another session of the user")
	b.wants(true, third, "another user")
	b.now = b.now.Add(2 * time.Second)
	b.wants(true, b.issue("ann", "s4"), "what was issued afterwards")
}

func TestARevocationIsNotMovedBack(t *testing.T) {
	b := newBench(t)
	token := b.issue("ann", "s1")
	b.now = b.now.Add(time.Minute)
	b.revoke(revocation.BySubject, "ann")
	b.now = start.Add(-time.Minute)
	b.revoke(revocation.BySubject, "ann") // by a function that was late
	b.now = start.Add(time.Minute)
	b.wants(false, token, "a token of before")
}

func TestAnEntryLivesUntilTheLastTokenExpires(t *testing.T) {
	b := newBench(t)
	key := revocation.Key{Kind: revocation.ByToken, Issuer: "login", ID: "j1"}
	if err := b.store.Revoke(t.Context(), key, b.now, b.now.Add(-time.Second)); err == nil || !strings.Contains(err.Error(), "until") {
		t.Errorf("a revocation that is over: %v", err)
	}
	b.revoke(revocation.ByToken, strings.Repeat("x", 8000)) // a jti longer than a key may be
	var calls recorder
	store := revoked.NewDynamo(&calls, b.table)
	if err := store.Revoke(t.Context(), key, start, start.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	ttl, _ := calls.update.ExpressionAttributeValues[":ttl"].(*types.AttributeValueMemberN)
	if ttl == nil || ttl.Value != "1772370000" { // an hour after start
		t.Errorf("ttl %v", ttl)
	}
}

// A recorder keeps what it is sent, and has what it is told to have.
type recorder struct {
	update *dynamodb.UpdateItemInput
	item   map[string]types.AttributeValue
	err    error
}

func (r *recorder) UpdateItem(_ context.Context, in *dynamodb.UpdateItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	r.update = in
	return &dynamodb.UpdateItemOutput{}, r.err
}

func (r *recorder) GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	return &dynamodb.GetItemOutput{Item: r.item}, r.err
}

func TestWhatCannotBeReadIsAnOutageAndNobodysFault(t *testing.T) {
	broken := errors.New("broken")
	for name, r := range map[string]*recorder{
		"DynamoDB fails":          {err: broken},
		"no since":                {item: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: "x"}}},
		"a since of another type": {item: map[string]types.AttributeValue{"since": &types.AttributeValueMemberS{Value: "7"}}},
		"a since that is none":    {item: map[string]types.AttributeValue{"since": &types.AttributeValueMemberN{Value: "1e5x"}}},
	} {
		store := revoked.NewDynamo(r, "table")
		_, err := store.Lookup(t.Context(), []revocation.Key{{Kind: revocation.ByToken, ID: "j"}, {Kind: revocation.BySubject, ID: "s"}})
		if err == nil || errors.Is(err, verifier.ErrInvalidToken) {
			t.Errorf("%s: %v", name, err)
		}
		if r.err == nil {
			continue
		}
		if err := store.Revoke(t.Context(), revocation.Key{}, start, start.Add(time.Hour)); !errors.Is(err, broken) {
			t.Errorf("%s: Revoke: %v", name, err)
		}
	}
}
