package kmstest

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// A Config says where a KMS stands. The zero value is good for most tests.
type Config struct {
	// Region is the AWS Region in the ARNs of keys and aliases. Empty is
	// "us-east-1". A Region that begins with "cn-" or "us-gov-" puts the ARNs into
	// the partition aws-cn or aws-us-gov.
	Region string

	// Account is the AWS account in the ARNs, twelve digits. Empty is
	// "111122223333", the account of AWS's own documents.
	Account string

	// Now is the clock: keys are created and deleted by it. It must be safe for
	// concurrent use. Nil is [time.Now].
	Now func() time.Time
}

// A KMS is the Key Management Service of one account in one Region, in memory.
// Make it with [New], and those of other Regions with [KMS.In]. All methods are safe
// for concurrent use; it starts no goroutine. It implements [API] and
// [net/http.Handler].
type KMS struct {
	account   *account
	region    string
	partition string

	mu      sync.Mutex        // see lock
	keys    map[string]*key   // by key ID
	aliases map[string]*alias // by name
	plans   map[string][]*plan
	calls   map[call]int
}

var _ API = (*KMS)(nil)

// An account is what the KMSs of one AWS account share.
type account struct {
	id  string
	now func() time.Time

	mu      sync.Mutex
	regions map[string]*KMS
}

// New returns a KMS without keys, in an account of its own: two KMSs that New made
// share nothing, even if their ARNs name the same account.
func New(cfg Config) *KMS {
	a := &account{id: orDefault(cfg.Account, "111122223333"), now: cfg.Now, regions: map[string]*KMS{}}
	if a.now == nil {
		a.now = time.Now
	}
	return a.in(cfg.Region)
}

// In returns the KMS of the same account in another Region, always the same one: it
// is where [KMS.ReplicateKey] puts the replicas for that Region. An empty region is
// "us-east-1". Faults and counts are each Region's own, so that a test can take one
// Region down.
func (k *KMS) In(region string) *KMS { return k.account.in(region) }

func (a *account) in(region string) *KMS {
	region = orDefault(region, "us-east-1")
	a.mu.Lock()
	defer a.mu.Unlock()
	k, exists := a.regions[region]
	if !exists {
		k = &KMS{
			account:   a,
			region:    region,
			partition: partitionOf(region),
			keys:      map[string]*key{},
			aliases:   map[string]*alias{},
			plans:     map[string][]*plan{},
			calls:     map[call]int{},
		}
		a.regions[region] = k
	}
	return k
}

// partitionOf returns the ARN partition of a Region (AWS General Reference, "Amazon
// Resource Names").
func partitionOf(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// Region returns the Region in the ARNs of this KMS.
func (k *KMS) Region() string { return k.region }

// String returns the KMS's place, never its keys.
func (k *KMS) String() string {
	return "kmstest.KMS(" + k.region + ", " + k.account.id + ")"
}

// Format writes what [KMS.String] returns, for every verb and flag.
func (k *KMS) Format(state fmt.State, _ rune) {
	_, _ = io.WriteString(state, k.String()) // a fmt.State gives no error
}

// LogValue returns what [KMS.String] returns.
func (k *KMS) LogValue() slog.Value { return slog.StringValue(k.String()) }

func orDefault(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
