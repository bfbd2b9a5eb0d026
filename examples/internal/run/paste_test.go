package run

import "testing"

func TestWhatABashAndAZshTakeHasNoNotesBehindCommands(t *testing.T) {
	got := pasteable(`  curl URL/user     # 401: no token

  TOKEN=$(curl -s URL/login -d '{"user": "ann"}' | sed 's/.*#//')
  curl -H "Authorization: Bearer $TOKEN" URL/user
  curl -i URL/ping     # 401, and where to go on
`)
	want := `  echo "401: no token"
  curl -i URL/user; echo

  TOKEN=$(curl -s URL/login -d '{"user": "ann"}' | sed 's/.*#//')
  curl -i -H "Authorization: Bearer $TOKEN" URL/user; echo
  echo "401, and where to go on"
  curl -i URL/ping; echo
`
	if got != want {
		t.Errorf("got\n%s", got)
	}
}
