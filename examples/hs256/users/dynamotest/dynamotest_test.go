package dynamotest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/examples/hs256/users/dynamotest"
)

// call sends one call of DynamoDB's protocol and returns the answer.
func call(t *testing.T, db *dynamotest.DB, operation, body string) (status int, answer string) {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), "POST", "/", strings.NewReader(body))
	req.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
	res := httptest.NewRecorder()
	db.ServeHTTP(res, req)
	data, err := io.ReadAll(res.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.Code, strings.TrimSpace(string(data))
}

const table = `{"TableName":"t","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],"GlobalSecondaryIndexes":[{"IndexName":"x",
	"KeySchema":[{"AttributeName":"list","KeyType":"HASH"},{"AttributeName":"id","KeyType":"RANGE"}],"Projection":{"ProjectionType":"INCLUDE"}}]}`

func newDB(t *testing.T) *dynamotest.DB {
	t.Helper()
	db := dynamotest.New()
	if status, answer := call(t, db, "CreateTable", table); status != http.StatusOK {
		t.Fatal(answer)
	}
	if status, answer := call(t, db, "PutItem", `{"TableName":"t","Item":{"pk":{"S":"k"},"a":{"S":"x"},"n":{"N":"10"}}}`); status != http.StatusOK {
		t.Fatal(answer)
	}
	return db
}

func TestAConditionDecidesWhetherAnItemIsWritten(t *testing.T) {
	const values = `":x":{"S":"x"},":y":{"S":"y"},":9":{"N":"9"}`
	for condition, want := range map[string]bool{
		`a = :x OR a = :y OR n > :9`:                              true,
		`a = :y OR a = :x AND n > :9`:                             true,
		`(a = :y OR a = :x) AND n > :9`:                           true,
		`a = :y OR a = :x AND n <= :9`:                            false,
		`attribute_exists(a) AND a >= :x AND a < :y AND n >= :9`:  true,
		`attribute_exists(b) OR a = :y AND a = :x AND n > :9`:     false,
		`attribute_not_exists(b) AND a = :x AND a < :y OR n = :9`: true,
		`b = :x OR b < :y OR b > :9`:                              false, // there is no b
		`n > :x OR n = :y OR n < :9`:                              false, // another type, and 10 is more than 9
	} {
		status, answer := call(t, newDB(t), "DeleteItem",
			`{"TableName":"t","Key":{"pk":{"S":"k"}},"ConditionExpression":"`+condition+`","ExpressionAttributeValues":{`+values+`}}`)
		if want != (status == http.StatusOK) || !want && !strings.Contains(answer, "ConditionalCheckFailedException") {
			t.Errorf("%s: %d %s", condition, status, answer)
		}
	}
}

func TestAnUpdateSetsRemovesAndAdds(t *testing.T) {
	db := newDB(t)
	status, answer := call(t, db, "UpdateItem", `{"TableName":"t","Key":{"pk":{"S":"k"}},"ReturnValues":"UPDATED_NEW",
		"UpdateExpression":"SET b = :y, #c = :y REMOVE a, d ADD n :n, m :n","ExpressionAttributeNames":{"#c":"c"},
		"ExpressionAttributeValues":{":y":{"S":"y"},":n":{"N":"-3"}}}`)
	if want := `{"Attributes":{"b":{"S":"y"},"c":{"S":"y"},"m":{"N":"-3"},"n":{"N":"7"}}}`; status != http.StatusOK || answer != want {
		t.Errorf("%d %s, want %s", status, answer, want)
	}
	_, answer = call(t, db, "GetItem", `{"TableName":"t","Key":{"pk":{"S":"k"}},"ConsistentRead":true}`)
	if want := `{"Item":{"b":{"S":"y"},"c":{"S":"y"},"m":{"N":"-3"},"n":{"N":"7"},"pk":{"S":"k"}}}`; answer != want {
		t.Errorf("%s, want %s", answer, want)
	}
}

func TestWhatIsNotKnownIsRefused(t *testing.T) {
	const key = `"TableName":"t","Key":{"pk":{"S":"k"}}`
	for name, test := range map[string]struct{ operation, body string }{
		"another operation":       {"Scan", `{"TableName":"t"}`},
		"a batch":                 {"BatchGetItem", `{` + key + `}`},
		"another table":           {"GetItem", `{"TableName":"u","Key":{"pk":{"S":"k"}}}`},
		"a parameter":             {"GetItem", `{` + key + `,"ProjectionExpression":"a"}`},
		"an inconsistent read":    {"GetItem", `{` + key + `}`},
		"a type":                  {"GetItem", `{"TableName":"t","Key":{"pk":{"B":"AA=="}},"ConsistentRead":true}`},
		"an empty key":            {"GetItem", `{"TableName":"t","Key":{"pk":{"S":""}},"ConsistentRead":true}`},
		"an endless key":          {"GetItem", `{"TableName":"t","Key":{"pk":{"S":"` + strings.Repeat("x", 2049) + `"}},"ConsistentRead":true}`},
		"another key":             {"GetItem", `{"TableName":"t","Key":{"id":{"S":"k"}},"ConsistentRead":true}`},
		"an empty key to compare": {"Query", `{"TableName":"t","IndexName":"x","KeyConditionExpression":"list = :v","ExpressionAttributeValues":{":v":{"S":""}}}`},
		"a function":              {"DeleteItem", `{` + key + `,"ConditionExpression":"begins_with(a, :v)","ExpressionAttributeValues":{":v":{"S":"x"}}}`},
		"an operator":             {"DeleteItem", `{` + key + `,"ConditionExpression":"a <> :v","ExpressionAttributeValues":{":v":{"S":"x"}}}`},
		"an expression cut off":   {"DeleteItem", `{` + key + `,"ConditionExpression":"a ="}`},
		"one that goes on":        {"DeleteItem", `{` + key + `,"ConditionExpression":"attribute_exists(a) b"}`},
		"a bracket that is open":  {"DeleteItem", `{` + key + `,"ConditionExpression":"(attribute_exists(a)"}`},
		"a value that is missing": {"DeleteItem", `{` + key + `,"ConditionExpression":"a = :v"}`},
		"a name that is missing":  {"DeleteItem", `{` + key + `,"ConditionExpression":"attribute_exists(#a)"}`},
		"a value for nothing":     {"DeleteItem", `{` + key + `,"ConditionExpression":"attribute_exists(a)","ExpressionAttributeValues":{":v":{"S":"x"}}}`},
		"a name for nothing":      {"DeleteItem", `{` + key + `,"ConditionExpression":"attribute_exists(a)","ExpressionAttributeNames":{"#v":"v"}}`},
		"an update of the key":    {"UpdateItem", `{` + key + `,"UpdateExpression":"REMOVE pk"}`},
		"a clause":                {"UpdateItem", `{` + key + `,"UpdateExpression":"DELETE a"}`},
		"a sum of text":           {"UpdateItem", `{` + key + `,"UpdateExpression":"ADD a :n","ExpressionAttributeValues":{":n":{"N":"1"}}}`},
		"another index":           {"Query", `{"TableName":"t","IndexName":"y","KeyConditionExpression":"list = :v","ExpressionAttributeValues":{":v":{"S":"x"}}}`},
		"a query for no key":      {"Query", `{"TableName":"t","IndexName":"x","KeyConditionExpression":"a = :v","ExpressionAttributeValues":{":v":{"S":"x"}}}`},
		"a table of two keys":     {"CreateTable", `{"TableName":"u","KeySchema":[{"AttributeName":"a","KeyType":"HASH"},{"AttributeName":"b","KeyType":"RANGE"}]}`},
		"a table twice":           {"CreateTable", table},
		"no JSON":                 {"GetItem", `{`},
	} {
		t.Run(name, func(t *testing.T) {
			db := newDB(t)
			status, answer := call(t, db, test.operation, test.body)
			if status != http.StatusBadRequest || !strings.Contains(answer, `"__type":"com.amazonaws.dynamodb.v20120810#`) {
				t.Errorf("%d %s", status, answer)
			}
			if _, item := call(t, db, "GetItem", `{`+key+`,"ConsistentRead":true}`); !strings.Contains(item, `"a":{"S":"x"}`) {
				t.Errorf("the item is %s", item)
			}
		})
	}
}
