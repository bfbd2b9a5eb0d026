// Package revoked keeps in one DynamoDB table what package revocation looks up: tokens,
// sessions and users whose tokens are refused although they have not expired.
//
//	store := revoked.NewDynamo(dynamodb.NewFromConfig(awsConfig), table)
//	checker, err := revocation.New(revocation.Config{Store: store, CacheMaxAge: 10 * time.Second})
//	v, err := verifier.New(verifier.Config{…, Check: checker.Check})
//
// A verifier needs dynamodb:GetItem on the table and nothing else; who revokes needs
// dynamodb:UpdateItem. A verification reads an item for each of jti, sub and sid that the
// token has, at one time.
package revoked

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/lambdajwt/authorizer/verifier/revocation"
)

// A Dynamo is a [revocation.Store] in a table of which pk, a text, is the partition key.
// Switch on DynamoDB's time to live for the attribute ttl: it deletes what no token needs
// any more.
type Dynamo struct {
	client DynamoAPI
	table  string
}

var _ revocation.Store = (*Dynamo)(nil)

// DynamoAPI is what a store asks of a [dynamodb.Client].
type DynamoAPI interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
}

// NewDynamo uses a table.
func NewDynamo(client DynamoAPI, table string) *Dynamo { return &Dynamo{client, table} }

// Revoke refuses the tokens of a key from now on: the one token or all of the session, and
// of a subject those that were issued until since. until is when the last of them expires,
// since plus the longest lifetime of a token; the entry is kept that long. Revoking again
// never moves a revocation back.
func (d *Dynamo) Revoke(ctx context.Context, key revocation.Key, since, until time.Time) error {
	if !until.After(since) {
		return errors.New("revoked: tokens that have expired need no revocation: until is not after since")
	}
	update, condition := "SET since = :since, #ttl = :ttl", "attribute_not_exists(pk) OR since < :since"
	_, err := d.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &d.table, Key: keyOf(key),
		UpdateExpression: &update, ConditionExpression: &condition,
		ExpressionAttributeNames:  map[string]string{"#ttl": "ttl"}, // a word of DynamoDB's
		ExpressionAttributeValues: map[string]types.AttributeValue{":since": seconds(since), ":ttl": seconds(until)},
	})
	var older *types.ConditionalCheckFailedException
	if err != nil && !errors.As(err, &older) {
		return fmt.Errorf("revoked: %w", err)
	}
	return nil
}

// Lookup reads the entries of the keys, as they are at this moment. It is
// [revocation.Store]'s.
func (d *Dynamo) Lookup(ctx context.Context, keys []revocation.Key) (map[revocation.Key]time.Time, error) {
	entries := make([]*time.Time, len(keys))
	errs := make([]error, len(keys))
	var reads sync.WaitGroup
	for i, key := range keys { // three at the most
		reads.Go(func() { entries[i], errs[i] = d.read(ctx, key) })
	}
	reads.Wait()
	found := make(map[revocation.Key]time.Time)
	for i, key := range keys {
		if entries[i] != nil {
			found[key] = *entries[i]
		}
	}
	return found, errors.Join(errs...)
}

// read returns since when a key is revoked, or nil if it is not.
func (d *Dynamo) read(ctx context.Context, key revocation.Key) (*time.Time, error) {
	consistent := true
	out, err := d.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &d.table, Key: keyOf(key), ConsistentRead: &consistent})
	if err != nil {
		return nil, fmt.Errorf("revoked: %w", err)
	}
	if len(out.Item) == 0 {
		return nil, nil
	}
	since, ok := out.Item["since"].(*types.AttributeValueMemberN)
	if !ok {
		return nil, fmt.Errorf("revoked: the entry of a %s has no since", key.Kind)
	}
	n, err := strconv.ParseInt(since.Value, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("revoked: the entry of a %s has a since that is no number", key.Kind)
	}
	t := time.Unix(n, 0)
	return &t, nil
}

// keyOf returns the key of an item. A text as long as a token would be too long for one, and
// shows in logs and exports whose it is.
func keyOf(key revocation.Key) map[string]types.AttributeValue {
	sum := sha256.Sum256([]byte(key.String()))
	return map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: "REVOKED#" + hex.EncodeToString(sum[:])}}
}

func seconds(t time.Time) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(t.Unix(), 10)}
}
