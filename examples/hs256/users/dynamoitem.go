package users

import (
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// An item is one of the table: attribute → value.
type item = map[string]types.AttributeValue

func userPK(id string) string      { return "USER#" + id }
func emailPK(key string) string    { return "EMAIL#" + key }
func sessionPK(id string) string   { return "SESSION#" + id }
func attemptPK(name string) string { return "ATTEMPT#" + name }

func keyOf(pk string) item { return item{"pk": text(pk)} }

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

func seconds(t time.Time) types.AttributeValue { return number(t.Unix()) }

func yes() types.AttributeValue { return &types.AttributeValueMemberBOOL{Value: true} }

// textOf, numberOf, timeOf and isYes return an attribute, or the zero value where there is
// none of this type.
func textOf(i item, name string) string {
	value, _ := i[name].(*types.AttributeValueMemberS)
	if value == nil {
		return ""
	}
	return value.Value
}

func numberOf(i item, name string) int64 {
	value, _ := i[name].(*types.AttributeValueMemberN)
	if value == nil {
		return 0
	}
	n, _ := strconv.ParseInt(value.Value, 10, 64)
	return n
}

func timeOf(i item, name string) time.Time { return time.Unix(numberOf(i, name), 0).UTC() }

func isYes(i item, name string) bool {
	value, _ := i[name].(*types.AttributeValueMemberBOOL)
	return value != nil && value.Value
}

func userOf(i item) User {
	return User{
		ID: textOf(i, "id"), Email: textOf(i, "email"), EmailKey: textOf(i, "emailKey"),
		FirstName: textOf(i, "firstName"), LastName: textOf(i, "lastName"),
		PasswordHash: textOf(i, "hash"), Epoch: int(numberOf(i, "epoch")),
		Confirmed: isYes(i, "confirmed"), ConfirmBy: timeOf(i, "confirmBy"),
		Created: timeOf(i, "created"), Version: textOf(i, "version"),
	}
}

// itemOf is the item of a user who has not confirmed yet: it is not in the list, and ends.
func itemOf(u User) item {
	return item{
		"pk": text(userPK(u.ID)), "id": text(u.ID), "email": text(u.Email), "emailKey": text(u.EmailKey),
		"firstName": text(u.FirstName), "lastName": text(u.LastName),
		"hash": text(u.PasswordHash), "epoch": number(int64(u.Epoch)),
		"confirmBy": seconds(u.ConfirmBy), "created": seconds(u.Created),
		"version": text(u.Version), "ttl": seconds(u.ConfirmBy),
	}
}

// names are the names that stand for words of DynamoDB's in an update.
func (e expression) names() map[string]string {
	var names map[string]string
	for _, name := range []string{"list", "hash", "ttl"} {
		if strings.Contains(e.update, "#"+name) {
			if names == nil {
				names = map[string]string{}
			}
			names["#"+name] = name
		}
	}
	return names
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
