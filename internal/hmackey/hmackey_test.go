package hmackey

import (
	"bytes"
	"crypto"
	"crypto/hmac"
	"crypto/sha256"
	"encoding"
	"encoding/hex"
	"fmt"
	"hash"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

var hashes = []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512}

// unclonable makes a key that cannot be cloned, as with GOEXPERIMENT=boringcrypto.
func unclonable(h crypto.Hash, key []byte) *Key {
	return newKey(func() hash.Hash { return struct{ hash.Hash }{h.New()} }, key)
}

// makers are all ways to make a key.
var makers = map[string]func(crypto.Hash, []byte) *Key{"a clone": New, "keyed anew": unclonable}

// RFC 4231 section 4.
func TestTheMACsAreThoseOfTheRFC(t *testing.T) {
	for _, test := range []struct {
		key, text              string
		sha256, sha384, sha512 string
	}{
		{
			strings.Repeat("\x0b", 20), "Hi There",
			"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
			"afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6",
			"87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854",
		},
		{
			"Jefe", "what do ya want for nothing?",
			"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
			"af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
			"164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
		},
		{
			strings.Repeat("\xaa", 131), "Test Using Larger Than Block-Size Key - Hash Key First",
			"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
			"4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952",
			"80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598",
		},
	} {
		for name, makeKey := range makers {
			for i, want := range []string{test.sha256, test.sha384, test.sha512} {
				key := makeKey(hashes[i], []byte(test.key))
				for range 3 { // a state that has been used before, too
					if got := hex.EncodeToString(key.Sum([]byte(test.text))); got != want {
						t.Errorf("%v, %s: got %s, want %s", hashes[i], name, got, want)
					}
				}
			}
		}
	}
}

func TestTheMACsAreThoseOfTheStandardLibrary(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		h := hashes[random.IntN(len(hashes))]
		secret, input := randomBytes(random, 200), randomBytes(random, 1000)
		mac := hmac.New(h.New, secret)
		mac.Write(input)
		want := mac.Sum(nil)
		for name, makeKey := range makers {
			key := makeKey(h, secret)
			if got := key.Sum(input); !bytes.Equal(got, want) || !key.Verify(input, want) {
				t.Fatalf("%v, %s, %d bytes of key and %d of input: got %x, want %x", h, name, len(secret), len(input), got, want)
			}
		}
	}
}

func randomBytes(random *rand.Rand, most int) []byte {
	b := make([]byte, random.IntN(most+1))
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	return b
}

func TestVerifyTakesTheWholeMACOfThisInputOnly(t *testing.T) {
	key, input := New(crypto.SHA256, []byte("key")), []byte("input")
	tag := key.Sum(input)
	if !key.Verify(input, tag) {
		t.Fatal("the MAC was refused")
	}
	for i := range tag {
		other := slices.Clone(tag)
		other[i] ^= 1
		if key.Verify(input, other) || key.Verify(input, tag[:i]) {
			t.Errorf("a tag that is changed or cut at byte %d was taken", i)
		}
	}
	for name, verified := range map[string]bool{
		"no tag":       key.Verify(input, nil),
		"a longer tag": key.Verify(input, append(slices.Clone(tag), 0)),
		"no input":     key.Verify(nil, tag),
		"more input":   key.Verify([]byte("input "), tag),
		"another key":  New(crypto.SHA256, []byte("Key")).Verify(input, tag),
		"another hash": New(crypto.SHA512, []byte("key")).Verify(input, tag),
	} {
		if verified {
			t.Errorf("%s was taken", name)
		}
	}
}

// How long a comparison takes is nothing that a test can see. The source shows it.
func TestMACsAreComparedInConstantTime(t *testing.T) {
	source, err := os.ReadFile("hmackey.go")
	if err != nil {
		t.Fatal(err)
	}
	if text := string(source); !strings.Contains(text, "return hmac.Equal(s.sum(input), tag)") || strings.Contains(text, "bytes.Equal") {
		t.Error("hmac.Equal is not what compares MACs")
	}
}

func TestAKeyDoesNotChangeWithTheBytesThatItWasMadeOf(t *testing.T) {
	for name, makeKey := range makers {
		secret := []byte("to be overwritten")
		key, want := makeKey(crypto.SHA384, secret), makeKey(crypto.SHA384, bytes.Clone(secret))
		clear(secret)
		if !key.Equal(want) {
			t.Errorf("%s: it does", name)
		}
	}
}

// A spy is a hash that tells what is written to it and to its clones.
type spy struct {
	hash.Hash
	written *[][]byte
}

func (s spy) Write(p []byte) (int, error) {
	*s.written = append(*s.written, bytes.Clone(p))
	return s.Hash.Write(p)
}

func (s spy) Clone() (hash.Cloner, error) {
	clone, err := s.Hash.(hash.Cloner).Clone()
	return spy{clone, s.written}, err
}

func (s spy) MarshalBinary() ([]byte, error) {
	return s.Hash.(encoding.BinaryMarshaler).MarshalBinary()
}

func (s spy) UnmarshalBinary(state []byte) error {
	return s.Hash.(encoding.BinaryUnmarshaler).UnmarshalBinary(state)
}

func TestTheSecretIsHashedOnceAndNotKept(t *testing.T) {
	secret, input := []byte("a secret"), []byte("input")
	var written [][]byte
	key := newKey(func() hash.Hash { return spy{sha256.New(), &written} }, secret)
	written = nil
	a, b := key.take(), key.take() // one of which is new
	a.sum(input)
	b.sum(input)
	for _, w := range written {
		if !bytes.Equal(w, input) && len(w) != sha256.Size {
			t.Errorf("%q was hashed", w)
		}
	}
	if len(written) != 4 {
		t.Errorf("something was hashed %d times for two MACs", len(written))
	}
}

func TestASumIsTheCallersOwn(t *testing.T) {
	key := New(crypto.SHA256, []byte("key"))
	first := key.Sum([]byte("input"))
	want := slices.Clone(first)
	second := key.Sum([]byte("other"))
	clear(second)
	if !bytes.Equal(first, want) || !bytes.Equal(key.Sum([]byte("input")), want) {
		t.Error("it is shared")
	}
}

func TestKeysAreEqualIfTheirMACsAre(t *testing.T) {
	key := New(crypto.SHA256, []byte("key"))
	for _, test := range []struct {
		name  string
		other *Key
		want  bool
	}{
		{"itself", key, true},
		{"the same bytes", New(crypto.SHA256, []byte("key")), true},
		{"the same bytes, made in another way", unclonable(crypto.SHA256, []byte("key")), true},
		{"the same bytes and a zero, which HMAC pads with", New(crypto.SHA256, []byte("key\x00")), true},
		{"other bytes", New(crypto.SHA256, []byte("kez")), false},
		{"no bytes", New(crypto.SHA256, nil), false},
		{"another hash", New(crypto.SHA384, []byte("key")), false},
	} {
		if got := key.Equal(test.other); got != test.want {
			t.Errorf("%s: got %v", test.name, got)
		}
		if got := test.other.Equal(key); got != test.want {
			t.Errorf("%s, the other way round: got %v", test.name, got)
		}
	}
}

// With the race detector: before and after the key gets a pool.
func TestManyUseAKeyAtOnce(t *testing.T) {
	for name, makeKey := range makers {
		key := makeKey(crypto.SHA256, []byte("key"))
		var group sync.WaitGroup
		for user := range 16 {
			group.Go(func() {
				input := fmt.Append(nil, "input of ", user)
				mac := hmac.New(sha256.New, []byte("key"))
				mac.Write(input)
				want := mac.Sum(nil)
				for range 500 {
					if !key.Verify(input, want) || !bytes.Equal(key.Sum(input), want) || key.Verify([]byte("x"), want) {
						t.Errorf("%s: user %d got something wrong", name, user)
						return
					}
				}
			})
		}
		group.Wait()
	}
}

func TestOnlyAKeyThatIsFoundInUseAgainAndAgainGetsAPool(t *testing.T) {
	key := New(crypto.SHA256, []byte("key"))
	for range 10 * crowd {
		_ = key.Sum([]byte("input"))
	}
	if key.pool.Load() != nil {
		t.Error("a key that one uses has a pool")
	}
	key = New(crypto.SHA256, []byte("key"))
	for used := 1; used <= 100; used++ { // all at once
		_ = key.take()
		if got := key.pool.Load() != nil; got != (used == 100) {
			t.Errorf("a key that was found in use %d times has a pool: %v", used, got)
		}
	}
	s := key.take()
	key.put(s)
	if key.spare.Load() == s {
		t.Error("two may get one state: one from the pool, and one who saw none")
	}
	all := map[*state]bool{}
	for range 2 * crowd { // more than the pool holds
		all[key.take()] = true
	}
	if len(all) != 2*crowd || all[nil] {
		t.Error("two have the same state, or none")
	}
	for s := range all {
		key.put(s)
	}
	if want := New(crypto.SHA256, []byte("key")); !want.Equal(key) {
		t.Error("it is another key now")
	}
	// With the race detector a pool drops some of what it gets.
	if n := testing.AllocsPerRun(1000, func() { key.Verify(nil, nil) }); n > 2 {
		t.Errorf("%v allocations with a pool: it is not used", n)
	}
}

func TestVerifyAllocatesNothingAndAKeyTakesAKilobyte(t *testing.T) {
	const keys = 1000
	input, all := []byte("input"), make([]*Key, keys)
	before := heap()
	for i := range all {
		all[i] = New(crypto.SHA256, fmt.Append(nil, "a secret of its own ", i))
		_ = all[i].Sum(input)
	}
	if each := int64(heap()-before) / keys; each > 1300 {
		t.Errorf("a key takes %d bytes of memory", each)
	}
	tag := all[0].Sum(input)
	if n := testing.AllocsPerRun(100, func() { all[0].Verify(input, tag) }); n != 0 {
		t.Errorf("Verify: %v allocations", n)
	}
	if n := testing.AllocsPerRun(100, func() { all[0].Sum(input) }); n != 1 {
		t.Errorf("Sum: %v allocations, want that of the MAC only", n)
	}
	runtime.KeepAlive(all)
}

// heap returns how many bytes are in use.
func heap() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// One key that one goroutine uses, or that all do; thousands; and, to compare, an HMAC
// that is keyed for each input.
func BenchmarkVerify(b *testing.B) {
	input := make([]byte, 300)
	var keys []*Key
	for i := range 1000 {
		keys = append(keys, New(crypto.SHA256, fmt.Append(nil, "a secret of its own ", i)))
	}
	tag := keys[0].Sum(input)
	for _, key := range keys {
		key.Verify(input, tag)
	}
	b.Run("one key", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			keys[0].Verify(input, tag)
		}
	})
	b.Run("one key in parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(p *testing.PB) {
			for p.Next() {
				keys[0].Verify(input, tag)
			}
		})
	})
	b.Run("a thousand keys", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			keys[i%len(keys)].Verify(input, tag)
		}
	})
	b.Run("keyed for each", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			mac := hmac.New(sha256.New, []byte("a secret of its own 0"))
			mac.Write(input)
			hmac.Equal(mac.Sum(nil), tag)
		}
	})
}
