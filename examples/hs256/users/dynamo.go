package users

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Dynamo is a store in one DynamoDB table, that of [Table].
//
// An account is two items: EMAIL#key has the ID of the one user of an address, and USER#id
// is the user. No transaction joins them, conditional writes do, which cost half:
//
//   - Create reserves the address first and then makes the user, unconfirmed. If the
//     process ends in between, the reservation has a deadline, after which another
//     user may take it over.
//   - Confirm removes the deadline first, on condition that the address is still the
//     user's, and then confirms the user. So of all who ever reserved an address one
//     is confirmed at the most.
//   - Remove deletes the user first. An address that is nobody's may be taken over.
//
// Each user has a version, which every change is conditional on. It is a random text: when
// the SDK repeats a write whose answer was lost, the condition fails, and the version says
// whose write it was.
type Dynamo struct {
	client DynamoAPI
	table  string
	now    func() time.Time
}

var _ Store = (*Dynamo)(nil)

// DynamoAPI is what a store asks of a [dynamodb.Client].
type DynamoAPI interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
	DeleteItem(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error)
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
}

// NewDynamo uses a table. now is the clock.
func NewDynamo(client DynamoAPI, table string, now func() time.Time) *Dynamo {
	return &Dynamo{client, table, now}
}

// byList is the index that lists users: the partition "L" has all who are confirmed, by ID.
// It holds names and neither addresses nor hashes.
const (
	byList   = "byList"
	listName = "L"
)

// Table is the definition of a table, for tests and for DynamoDB on a laptop. A deployed
// one also has the TTL attribute "ttl", point-in-time recovery and deletion protection.
func Table(name string) *dynamodb.CreateTableInput {
	attribute := func(name string) types.AttributeDefinition {
		return types.AttributeDefinition{AttributeName: &name, AttributeType: types.ScalarAttributeTypeS}
	}
	key := func(name string, kind types.KeyType) types.KeySchemaElement {
		return types.KeySchemaElement{AttributeName: &name, KeyType: kind}
	}
	index := byList
	return &dynamodb.CreateTableInput{
		TableName:            &name,
		BillingMode:          types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{attribute("pk"), attribute("list"), attribute("id")},
		KeySchema:            []types.KeySchemaElement{key("pk", types.KeyTypeHash)},
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{
			IndexName: &index,
			KeySchema: []types.KeySchemaElement{key("list", types.KeyTypeHash), key("id", types.KeyTypeRange)},
			Projection: &types.Projection{
				ProjectionType: types.ProjectionTypeInclude, NonKeyAttributes: []string{"firstName", "lastName"},
			},
		}},
	}
}

// errCondition says that a write was not done, because its condition was not met.
var errCondition = errors.New("the condition of the write is not met")

// tries is how often a write is tried again that others got ahead of.
const tries = 3

// An expression is one of DynamoDB's, with the values that it names. The attributes list,
// hash and ttl stand in it as #list, #hash and #ttl: their names are words of DynamoDB's.
type expression struct {
	update    string
	condition string
	values    item
}

// get reads an item as it is at this moment. It is nil if there is none.
func (d *Dynamo) get(ctx context.Context, pk string) (item, error) {
	consistent := true
	out, err := d.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &d.table, Key: keyOf(pk), ConsistentRead: &consistent})
	if err != nil {
		return nil, fmt.Errorf("users: %w", err)
	}
	return out.Item, nil
}

func (d *Dynamo) put(ctx context.Context, i item, e expression) error {
	_, err := d.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &d.table, Item: i,
		ConditionExpression: optional(e.condition), ExpressionAttributeValues: e.values,
	})
	return asCondition(err)
}

// update returns the attributes that it has written.
func (d *Dynamo) update(ctx context.Context, pk string, e expression) (item, error) {
	out, err := d.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &d.table, Key: keyOf(pk),
		UpdateExpression: &e.update, ConditionExpression: optional(e.condition),
		ExpressionAttributeNames: e.names(), ExpressionAttributeValues: e.values,
		ReturnValues: types.ReturnValueUpdatedNew,
	})
	if err != nil {
		return nil, asCondition(err)
	}
	return out.Attributes, nil
}

func (d *Dynamo) delete(ctx context.Context, pk string, e expression) error {
	_, err := d.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: &d.table, Key: keyOf(pk),
		ConditionExpression: optional(e.condition), ExpressionAttributeValues: e.values,
	})
	return asCondition(err)
}

func asCondition(err error) error {
	var failed *types.ConditionalCheckFailedException
	switch {
	case err == nil:
		return nil
	case errors.As(err, &failed):
		return errCondition
	}
	return fmt.Errorf("users: %w", err)
}
