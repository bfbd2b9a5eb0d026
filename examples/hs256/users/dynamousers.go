package users

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// Create is that of [Store].
func (d *Dynamo) Create(ctx context.Context, u User) error {
	u.Version = rand.Text()
	if err := d.reserve(ctx, u); err != nil {
		return err
	}
	err := d.put(ctx, itemOf(u), expression{condition: "attribute_not_exists(pk)"})
	if !errors.Is(err, errCondition) {
		return err
	}
	stored, err := d.get(ctx, userPK(u.ID))
	if err != nil || textOf(stored, "version") == u.Version { // this very write, repeated
		return err
	}
	err = fmt.Errorf("users: user %s exists", u.ID)
	if textOf(stored, "emailKey") == u.EmailKey {
		return err // the address is rightly its own
	}
	return errors.Join(err, d.release(ctx, u))
}

// reserve makes an address the user's, until it is confirmed or taken over.
func (d *Dynamo) reserve(ctx context.Context, u User) error {
	reservation := item{
		"pk": text(emailPK(u.EmailKey)), "userId": text(u.ID),
		"deadline": seconds(d.now().Add(ReservedFor)), "ttl": seconds(u.ConfirmBy),
	}
	free := expression{condition: "attribute_not_exists(pk)"}
	for range tries {
		err := d.put(ctx, reservation, free)
		if !errors.Is(err, errCondition) {
			return err
		}
		held, err := d.get(ctx, emailPK(u.EmailKey))
		switch {
		case err != nil:
			return err
		case held == nil: // it has just become free
			free = expression{condition: "attribute_not_exists(pk)"}
			continue
		case textOf(held, "userId") == u.ID: // this very write, repeated
			return nil
		}
		abandoned, err := d.abandoned(ctx, held)
		if err != nil {
			return err
		}
		if !abandoned {
			return ErrEmailTaken
		}
		free = stillHeld(held)
	}
	return ErrEmailTaken // by one of those who got ahead
}

// stillHeld is the condition that a reservation is the one that was read.
func stillHeld(held item) expression {
	e := expression{condition: "userId = :user", values: item{":user": held["userId"]}}
	if deadline, found := held["deadline"]; found {
		e.condition += " AND deadline = :deadline" // which is gone once it is confirmed
		e.values[":deadline"] = deadline
	}
	return e
}

// abandoned reports whether an address has no user any more, and will have none. It deletes
// the user who did not confirm in time.
func (d *Dynamo) abandoned(ctx context.Context, held item) (bool, error) {
	if _, found := held["deadline"]; found && d.now().Before(timeOf(held, "deadline")) {
		return false, nil // its user may be about to be made
	}
	stored, err := d.get(ctx, userPK(textOf(held, "userId")))
	if err != nil {
		return false, err
	}
	u := userOf(stored)
	switch {
	case stored == nil || emailPK(u.EmailKey) != textOf(held, "pk"):
		return true, nil
	case !u.gone(d.now()):
		return false, nil
	}
	err = d.delete(ctx, userPK(u.ID), ifVersion(u.Version))
	if errors.Is(err, errCondition) { // confirmed at the last moment, or gone by now
		stored, err = d.get(ctx, userPK(u.ID))
		return stored == nil, err
	}
	return err == nil, err
}

// release gives a reservation back.
func (d *Dynamo) release(ctx context.Context, u User) error {
	err := d.delete(ctx, emailPK(u.EmailKey), expression{condition: "userId = :user", values: item{":user": text(u.ID)}})
	if errors.Is(err, errCondition) {
		return nil // it is not there, or another's by now
	}
	return err
}

func ifVersion(version string) expression {
	return expression{condition: "version = :version", values: item{":version": text(version)}}
}

// Confirm is that of [Store].
func (d *Dynamo) Confirm(ctx context.Context, id string) error {
	u, err := d.ByID(ctx, id)
	if err != nil || u.Confirmed {
		return err
	}
	_, err = d.update(ctx, emailPK(u.EmailKey), expression{
		update: "REMOVE deadline, #ttl", condition: "userId = :user", values: item{":user": text(id)},
	})
	if err == nil {
		_, err = d.update(ctx, userPK(id), expression{
			update:    "SET confirmed = :yes, #list = :list, version = :new REMOVE #ttl",
			condition: "attribute_exists(pk)",
			values:    item{":yes": yes(), ":list": text(listName), ":new": text(rand.Text())},
		})
	}
	if errors.Is(err, errCondition) {
		return ErrNoUser // another has taken the address over
	}
	return err
}

// ByID is that of [Store].
func (d *Dynamo) ByID(ctx context.Context, id string) (User, error) {
	stored, err := d.get(ctx, userPK(id))
	if err != nil {
		return User{}, err
	}
	u := userOf(stored)
	if stored == nil || u.gone(d.now()) {
		return User{}, ErrNoUser
	}
	return u, nil
}

// ByEmail is that of [Store]. An unknown address takes as long as a known one.
func (d *Dynamo) ByEmail(ctx context.Context, emailKey string) (User, error) {
	held, err := d.get(ctx, emailPK(emailKey))
	if err != nil {
		return User{}, err
	}
	id := "nobody"
	if held != nil {
		id = textOf(held, "userId")
	}
	u, err := d.ByID(ctx, id)
	switch {
	case err != nil:
		return User{}, err
	case u.EmailKey != emailKey:
		return User{}, ErrNoUser
	}
	return u, nil
}

// List is that of [Store].
func (d *Dynamo) List(ctx context.Context, after string, limit int) (names []Name, err error) {
	index, size := byList, int32(limit)
	query := &dynamodb.QueryInput{
		TableName: &d.table, IndexName: &index, Limit: &size,
		ExpressionAttributeNames: map[string]string{"#list": "list"}, ExpressionAttributeValues: item{":list": text(listName)},
	}
	condition := "#list = :list"
	if after != "" { // which a key cannot be compared with
		condition += " AND id > :after"
		query.ExpressionAttributeValues[":after"] = text(after)
	}
	query.KeyConditionExpression = &condition
	for {
		page, err := d.client.Query(ctx, query)
		if err != nil {
			return nil, fmt.Errorf("users: %w", err)
		}
		for _, i := range page.Items {
			names = append(names, Name{textOf(i, "id"), textOf(i, "firstName"), textOf(i, "lastName")})
		}
		if len(names) >= limit || page.LastEvaluatedKey == nil {
			return names[:min(limit, len(names))], nil
		}
		query.ExclusiveStartKey = page.LastEvaluatedKey
	}
}

// Update is that of [Store].
func (d *Dynamo) Update(ctx context.Context, u User) error {
	if u.gone(d.now()) {
		return ErrNoUser
	}
	version := rand.Text()
	_, err := d.update(ctx, userPK(u.ID), expression{
		update:    "SET firstName = :first, lastName = :last, #hash = :hash, epoch = :epoch, version = :new",
		condition: "version = :version",
		values: item{
			":first": text(u.FirstName), ":last": text(u.LastName), ":hash": text(u.PasswordHash),
			":epoch": number(int64(u.Epoch)), ":new": text(version), ":version": text(u.Version),
		},
	})
	if !errors.Is(err, errCondition) {
		return err
	}
	stored, err := d.ByID(ctx, u.ID)
	if err != nil || stored.Version == version { // this very write, repeated
		return err
	}
	return ErrStale
}

// Remove is that of [Store].
func (d *Dynamo) Remove(ctx context.Context, id string) error {
	u, err := d.ByID(ctx, id)
	if err != nil {
		return err
	}
	if err := d.delete(ctx, userPK(id), expression{}); err != nil {
		return err
	}
	return d.release(ctx, u)
}
