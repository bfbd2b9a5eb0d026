package dynamotest

import (
	"cmp"
	"slices"
)

// A definition is that of a table, of which one key of type S and indexes with a partition
// and a sort key are known here.
type definition struct {
	BillingMode            string
	AttributeDefinitions   []struct{ AttributeName, AttributeType string }
	KeySchema              []keyElement
	GlobalSecondaryIndexes []struct {
		IndexName  string
		KeySchema  []keyElement
		Projection struct {
			ProjectionType   string
			NonKeyAttributes []string
		}
	}
}

type keyElement struct{ AttributeName, KeyType string }

type table struct {
	key     string // the name of the key's attribute
	items   map[string]item
	indexes map[string]index
}

// An index has the items that have both of its keys.
type index struct {
	partition, sort string
	projection      []string
}

func (db *DB) createTable(r request) (any, error) {
	if len(r.KeySchema) != 1 || r.KeySchema[0].KeyType != "HASH" {
		return nil, invalid("a table has one key here")
	}
	if _, found := db.tables[r.TableName]; found {
		return nil, &fault{"ResourceInUseException", "Table already exists: " + r.TableName}
	}
	t := &table{key: r.KeySchema[0].AttributeName, items: map[string]item{}, indexes: map[string]index{}}
	for _, i := range r.GlobalSecondaryIndexes {
		if len(i.KeySchema) != 2 || i.Projection.ProjectionType != "INCLUDE" {
			return nil, invalid("an index has two keys here and includes attributes by name")
		}
		partition, sort := i.KeySchema[0].AttributeName, i.KeySchema[1].AttributeName
		t.indexes[i.IndexName] = index{partition, sort, append([]string{t.key, partition, sort}, i.Projection.NonKeyAttributes...)}
	}
	db.tables[r.TableName] = t
	return struct{}{}, nil
}

// keyOf returns the value of an item's key.
func (t *table) keyOf(key item) (string, error) {
	value := key[t.key].S
	switch {
	case len(key) != 1 || value == nil:
		return "", invalid("The provided key element does not match the schema")
	case *value == "" || len(*value) > 2048:
		return "", invalid("One or more parameter values were invalid: the size of the key")
	}
	return *value, nil
}

type page struct {
	Items            []item
	LastEvaluatedKey item `json:",omitempty"`
}

func (t *table) query(r request) (any, error) {
	x, found := t.indexes[r.IndexName]
	if !found {
		return nil, invalid("The table does not have the specified index: %s", r.IndexName)
	}
	for name, value := range r.ExpressionAttributeValues {
		if value.S != nil && *value.S == "" {
			return nil, invalid("One or more parameter values are not valid: a key is compared with %s, which is empty", name)
		}
	}
	e := newEvaluation(r)
	e.allowed = []string{x.partition, x.sort}
	e.condition(r.KeyConditionExpression, item{}) // finds mistakes, where there are no items too
	if err := e.end(); err != nil {
		return nil, err
	}
	var items []item
	for _, i := range t.items {
		if i[x.partition].S != nil && i[x.sort].S != nil && x.follows(i, r.ExclusiveStartKey) && newEvaluation(r).condition(r.KeyConditionExpression, i) {
			items = append(items, i)
		}
	}
	slices.SortFunc(items, func(a, b item) int { return cmp.Compare(*a[x.sort].S, *b[x.sort].S) })
	size := min(pageSize, r.Limit)
	if len(items) <= size {
		return page{Items: x.project(items)}, nil
	}
	last := items[size-1]
	return page{x.project(items[:size]), item{t.key: last[t.key], x.partition: last[x.partition], x.sort: last[x.sort]}}, nil
}

// follows reports whether an item comes after the last one of the page before.
func (x index) follows(i, last item) bool {
	return last[x.sort].S == nil || *i[x.sort].S > *last[x.sort].S
}

func (x index) project(items []item) []item {
	projected := make([]item, 0, len(items))
	for _, i := range items {
		p := item{}
		for _, name := range x.projection {
			if value, found := i[name]; found {
				p[name] = value
			}
		}
		projected = append(projected, p)
	}
	return projected
}
