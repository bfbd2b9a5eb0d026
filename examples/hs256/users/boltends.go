package users

import (
	"bytes"
	"encoding/binary"
	"time"

	bolt "go.etcd.io/bbolt"
)

// endsTable says what ends when, as the TTL of a DynamoDB table does: a time in seconds
// and a table's first letter and a key → nothing.
var endsTable = []byte("ends")

// maxSwept bounds how long a write takes that clears away what has ended.
const maxSwept = 100

// endAt has an entry of a table deleted some time after it has ended.
func endAt(tx *bolt.Tx, table []byte, key string, end time.Time) error {
	entry := append(endsPrefix(end), table[0])
	return tx.Bucket(endsTable).Put(append(entry, key...), nil)
}

func endsPrefix(end time.Time) []byte { return binary.BigEndian.AppendUint64(nil, uint64(end.Unix())) }

// sweep deletes what has ended.
func sweep(tx *bolt.Tx, now time.Time) error {
	until := endsPrefix(now)
	for range maxSwept {
		entry, _ := tx.Bucket(endsTable).Cursor().First()
		if entry == nil || bytes.Compare(entry[:8], until) >= 0 {
			return nil
		}
		entry = bytes.Clone(entry) // whose memory is the file's
		if err := sweepEntry(tx, entry[8], entry[9:], now); err != nil {
			return err
		}
		if err := tx.Bucket(endsTable).Delete(entry); err != nil {
			return err
		}
	}
	return nil
}

func sweepEntry(tx *bolt.Tx, table byte, key []byte, now time.Time) error {
	switch table {
	case sessionsTable[0]:
		return tx.Bucket(sessionsTable).Delete(key)
	case countsTable[0]:
		return tx.Bucket(countsTable).Delete(key)
	}
	var u User
	found, err := get(tx, usersTable, string(key), &u)
	if err != nil || !found || !u.gone(now) {
		return err
	}
	return remove(tx, u)
}
