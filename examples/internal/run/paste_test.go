package run

import "testing"

func TestWhatABashAndAZshTakeHasNoNotesBehindCommands(t *testing.T) {
	got := pasteable(`  curl URL/user     # 401: no token

  TOKEN=$(curl -s URL/login -d '{"user": "ann"}' | sed 's/.*#//')
  curl -H "Authorization: Bearer $TOKEN" URL/user
  keys list
`)
	want := `  echo "401: no token"
  curl -i URL/user; echo

  TOKEN=$(curl -s URL/login -d '{"user": "ann"}' | sed 's/.*#//')
  curl -i -H "Authorization: Bearer $TOKEN" URL/user; echo
  keys list
`
	if got != want {
		t.Errorf("got\n%s", got)
	}
}
