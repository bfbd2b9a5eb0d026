package users

import (
	"context"
	"errors"
	"time"
)

// StartSession is that of [Store].
func (d *Dynamo) StartSession(ctx context.Context, s Session) error {
	return d.put(ctx, item{
		"pk": text(sessionPK(s.ID)), "userId": text(s.UserID), "jti": text(s.TokenID),
		"expires": seconds(s.Ends), "ttl": seconds(s.Ends),
	}, expression{})
}

// RenewSession is that of [Store].
func (d *Dynamo) RenewSession(ctx context.Context, id, oldToken, newToken string) error {
	now := d.now()
	_, err := d.update(ctx, sessionPK(id), expression{
		update:    "SET jti = :new",
		condition: "jti = :old AND expires > :now", // items live on for days after their ttl
		values:    item{":new": text(newToken), ":old": text(oldToken), ":now": seconds(now)},
	})
	if !errors.Is(err, errCondition) {
		return err
	}
	stored, err := d.get(ctx, sessionPK(id))
	switch {
	case err != nil:
		return err
	case stored == nil || !now.Before(timeOf(stored, "expires")):
		return ErrNoSession
	case textOf(stored, "jti") == newToken: // this very write, repeated
		return nil
	}
	if err := d.EndSession(ctx, id); err != nil {
		return err
	}
	return ErrReused
}

// EndSession is that of [Store].
func (d *Dynamo) EndSession(ctx context.Context, id string) error {
	return d.delete(ctx, sessionPK(id), expression{})
}

// Count is that of [Store].
func (d *Dynamo) Count(ctx context.Context, name string, until time.Time) (int, error) {
	written, err := d.update(ctx, attemptPK(name), expression{
		update: "SET #ttl = :until ADD n :one",
		values: item{":until": seconds(until), ":one": number(1)},
	})
	return int(numberOf(written, "n")), err
}
