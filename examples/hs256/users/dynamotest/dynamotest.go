// Package dynamotest is a DynamoDB in memory, for tests that have nothing but Go: as much
// of one as the users' store asks for. It talks to the unmodified SDK over HTTP. What it
// does not know, it refuses: another operation, parameter, type or expression.
//
// It stands in for DynamoDB and is none. The tests of package users run against dynalite
// just as well, which other people have made.
package dynamotest

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"
)

// pageSize is how many items a page of a query has at the most. DynamoDB's have up to
// 1 MB, which is rarely less than what was asked for: here it is often less.
const pageSize = 2

// A DB is an http.Handler for the endpoint of a client.
type DB struct {
	mu     sync.Mutex
	tables map[string]*table
	calls  []Call
}

// A Call is one that the database has answered, with the key of the item or the index.
type Call struct{ Operation, Key string }

// New returns a database without tables.
func New() *DB { return &DB{tables: map[string]*table{}} }

// Calls returns all calls so far.
func (db *DB) Calls() []Call {
	db.mu.Lock()
	defer db.mu.Unlock()
	return append([]Call(nil), db.calls...)
}

// An attribute is a value of one of the types that are known here.
type attribute struct {
	S    *string `json:",omitempty"`
	N    *string `json:",omitempty"`
	BOOL *bool   `json:",omitempty"`
}

type item = map[string]attribute

// A request has all parameters that are known here.
type request struct {
	TableName                 string
	Key, Item                 item
	ConsistentRead            bool
	UpdateExpression          string
	ConditionExpression       string
	KeyConditionExpression    string
	ExpressionAttributeNames  map[string]string
	ExpressionAttributeValues item
	ReturnValues              string
	IndexName                 string
	Limit                     int
	ExclusiveStartKey         item

	definition
}

// A fault is an error of DynamoDB's, by its name there.
type fault struct{ name, message string }

func (f *fault) Error() string { return f.name + ": " + f.message }

func invalid(format string, args ...any) error {
	return &fault{"ValidationException", fmt.Sprintf(format, args...)}
}

var errCondition = &fault{"ConditionalCheckFailedException", "The conditional request failed"}

// maxBody is far above what an item has, which is 400 KB at the most.
const maxBody = 1 << 20

// ServeHTTP answers one call.
func (db *DB) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	answer, err := db.answer(operation, http.MaxBytesReader(w, r.Body, maxBody))
	status := http.StatusOK
	if f, ok := err.(*fault); ok {
		status = http.StatusBadRequest
		answer = map[string]string{"__type": "com.amazonaws.dynamodb.v20120810#" + f.name, "message": f.message}
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(answer)
}

func (db *DB) answer(operation string, body io.Reader) (any, error) {
	var r request
	decoder := json.NewDecoder(body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		return nil, invalid("%s: %v", operation, err)
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	switch operation {
	case "CreateTable":
		return db.createTable(r)
	case "DeleteTable":
		delete(db.tables, r.TableName)
		return struct{}{}, nil
	}
	t, found := db.tables[r.TableName]
	if !found {
		return nil, &fault{"ResourceNotFoundException", "Requested resource not found"}
	}
	switch operation {
	case "DescribeTable":
		return map[string]any{"Table": map[string]string{"TableStatus": "ACTIVE"}}, nil
	case "Query":
		db.calls = append(db.calls, Call{operation, r.IndexName})
		return t.query(r)
	case "PutItem":
		r.Key = item{t.key: r.Item[t.key]}
	}
	key, err := t.keyOf(r.Key)
	if err != nil {
		return nil, err
	}
	db.calls = append(db.calls, Call{operation, key})
	stored := t.items[key]
	if operation == "GetItem" && !r.ConsistentRead {
		return nil, invalid("reads are consistent here: another would see what was written some time ago")
	}
	if operation == "GetItem" {
		return struct {
			Item item `json:",omitempty"`
		}{stored}, nil
	}
	return t.write(operation, key, stored, r)
}

// write does what a condition lets it do.
func (t *table) write(operation, key string, stored item, r request) (any, error) {
	e := newEvaluation(r)
	if r.ConditionExpression != "" && !e.condition(r.ConditionExpression, stored) && e.err == nil {
		return nil, errCondition
	}
	written, changed := maps.Clone(r.Key), item{}
	maps.Copy(written, stored)
	switch operation {
	case "PutItem":
		written = r.Item
	case "UpdateItem":
		changed = e.update(r.UpdateExpression, written, t.key)
	case "DeleteItem":
		written = nil
	default:
		return nil, &fault{"UnknownOperationException", operation}
	}
	if err := e.end(); err != nil {
		return nil, err
	}
	if written == nil {
		delete(t.items, key)
		return struct{}{}, nil
	}
	t.items[key] = written
	if r.ReturnValues != "UPDATED_NEW" {
		return struct{}{}, nil
	}
	return struct{ Attributes item }{changed}, nil
}
