package kmskeys

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
)

// Retry has a client try a call that KMS did not decide once more, after a pause of 50
// to 100 ms: API Gateway and a user wait. Without it the SDK makes three attempts, up to
// seconds apart, and fewer while many fail. A client that is set to one attempt
// (RetryMaxAttempts) keeps to that.
//
// The sources of this package make every call with it. It is an option for clients that
// are used beside them:
//
//	client := kms.NewFromConfig(awsConfig, kmskeys.Retry)
func Retry(o *kms.Options) {
	attempts := 2
	if o.RetryMaxAttempts == 1 {
		attempts = 1
	}
	o.Retryer = retryer(attempts)
}

// A retryer is an aws.Retryer that makes so many attempts. It has no tokens to ration
// them by: with two attempts there is nothing to save, and a source that pays for each
// token has a budget.
type retryer int

// IsErrorRetryable reports whether another attempt may help.
func (retryer) IsErrorRetryable(err error) bool {
	var skewed interface{ RetryableError() bool } // says the SDK, which sets its clock right
	var sent interface{ ConnectionError() bool }
	switch code := codeOf(err); {
	case errors.As(err, &skewed):
		return skewed.RetryableError()
	case code != "":
		return meaningOf(code).class == undecided && code != "ExpiredTokenException"
	}
	return errors.As(err, &sent) && sent.ConnectionError()
}

func (r retryer) MaxAttempts() int { return int(r) }

// RetryDelay returns a pause that differs from one caller to the next, so that those who
// failed together do not come back together.
func (retryer) RetryDelay(int, error) (time.Duration, error) {
	return 50*time.Millisecond + rand.N(50*time.Millisecond), nil
}

func (retryer) GetRetryToken(context.Context, error) (func(error) error, error) {
	return releaseNothing, nil
}

func (retryer) GetInitialToken() func(error) error { return releaseNothing }

func releaseNothing(error) error { return nil }
