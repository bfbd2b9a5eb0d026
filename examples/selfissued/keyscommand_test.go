package main

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/jwks"
	"github.com/lambdajwt/authorizer/keys/rotation"
)

var start = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

const (
	firstKid  = "2030-01-02-030405"
	secondKid = "2030-01-03-030405"
)

// A workshop is where keys are made, with a clock that the test moves.
type workshop struct {
	t      *testing.T
	dir    string // of everything
	folder string // of the private keys
	public string
	now    time.Time
}

func newWorkshop(t *testing.T) *workshop {
	t.Helper()
	dir := t.TempDir()
	return &workshop{t: t, dir: dir, folder: filepath.Join(dir, "keys"), public: filepath.Join(dir, "public"), now: start}
}

// try carries out a command.
func (w *workshop) try(name string, arguments ...string) (printed string, err error) {
	var out strings.Builder
	err = keysCommand(context.Background(), append([]string{name, "-dir", w.folder}, arguments...), w.now, &out)
	return out.String(), err
}

// do carries out a command that has to succeed.
func (w *workshop) do(name string, arguments ...string) (printed string) {
	w.t.Helper()
	printed, err := w.try(name, arguments...)
	if err != nil {
		w.t.Fatal(err)
	}
	return printed
}

func (w *workshop) publish() (printed string) {
	w.t.Helper()
	return w.do("publish", "-issuer", issuerName, w.public)
}

// rotated returns a workshop with two keys, the second of which has just been made.
func rotated(t *testing.T) *workshop {
	t.Helper()
	w := newWorkshop(t)
	w.do("init")
	w.now = start.Add(24 * time.Hour)
	w.do("rotate")
	return w
}

// files returns all files under a folder with what they hold.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(dir, path))
		all[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func wantFiles(t *testing.T, dir string, want map[string]string) {
	t.Helper()
	got := files(t, dir)
	for name, text := range want {
		if got[name] != text {
			t.Errorf("%s has changed", name)
		}
	}
	for name := range got {
		if _, there := want[name]; !there {
			t.Errorf("%s is new", name)
		}
	}
}

// refuses checks that a command fails, says so, and leaves everything as it was.
func (w *workshop) refuses(want, name string, arguments ...string) {
	w.t.Helper()
	before := files(w.t, w.dir)
	printed, err := w.try(name, arguments...)
	if err == nil || !strings.Contains(err.Error(), want) || printed != "" {
		w.t.Errorf("error %v, not %q; printed %q", err, want, printed)
	}
	if err != nil && strings.Contains(err.Error(), "PRIVATE") {
		w.t.Errorf("it shows a private key: %v", err)
	}
	wantFiles(w.t, w.dir, before)
}

func (w *workshop) schedule() *rotation.Schedule {
	w.t.Helper()
	text, err := os.ReadFile(filepath.Join(w.folder, scheduleFile))
	if err != nil {
		w.t.Fatal(err)
	}
	schedule, err := rotation.ParseSchedule(text)
	if err != nil {
		w.t.Fatal(err)
	}
	return schedule
}

// publishedKids returns the kids in the published set.
func (w *workshop) publishedKids() (kids []string) {
	w.t.Helper()
	for _, found := range regexp.MustCompile(`"kid":"([^"]*)"`).FindAllStringSubmatch(files(w.t, w.public)[".well-known/jwks.json"], -1) {
		kids = append(kids, found[1])
	}
	return kids
}

func TestInitMakesAPrivateKeyThatNobodyElseCanRead(t *testing.T) {
	w := newWorkshop(t)
	printed := w.do("init")
	for name, mode := range map[string]fs.FileMode{".": fs.ModeDir | 0o700, firstKid + ".pem": 0o600, scheduleFile: 0o600} {
		info, err := os.Stat(filepath.Join(w.folder, name))
		if err != nil || info.Mode() != mode {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	text, err := os.ReadFile(filepath.Join(w.folder, firstKid+".pem"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := keys.ParsePrivatePEM(algorithm, text); err != nil {
		t.Error(err)
	}
	if schedule := w.schedule(); schedule.At(start).Sign != firstKid || schedule.TokenLifetime != lifetime {
		t.Errorf("%+v", schedule)
	}
	if ignored := files(t, w.folder)[".gitignore"]; ignored != "*\n" {
		t.Errorf("git ignores %q", ignored)
	}
	if !strings.Contains(printed, firstKid+" signs\n") || strings.Contains(printed, "PRIVATE") {
		t.Error(printed)
	}
}

func TestNothingIsWrittenOverKeysThatAreThere(t *testing.T) {
	w := newWorkshop(t)
	w.do("init")
	w.now = start.Add(time.Minute)
	w.refuses("has keys already", "init")
}

func TestAPrivateKeyIsNeverOverwritten(t *testing.T) {
	w := newWorkshop(t)
	w.do("init")
	w.now = start.Add(24 * time.Hour)
	if err := os.WriteFile(filepath.Join(w.folder, secondKid+".pem"), []byte("someone's"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.refuses(secondKid+".pem", "rotate")
}

func TestAPrivateKeyIsNotWrittenThroughALink(t *testing.T) {
	w := newWorkshop(t)
	w.do("init")
	w.now = start.Add(24 * time.Hour)
	if err := os.Symlink(filepath.Join(w.dir, "elsewhere"), filepath.Join(w.folder, secondKid+".pem")); err != nil {
		t.Fatal(err)
	}
	if _, err := w.try("rotate"); err == nil {
		t.Error("it was")
	}
	if _, err := os.Stat(filepath.Join(w.dir, "elsewhere")); err == nil {
		t.Error("it is elsewhere")
	}
}

func TestAnInterruptedChangeIsForSomebodyToLookAt(t *testing.T) {
	for _, command := range [][]string{{"rotate"}, {"revoke", firstKid}} {
		w := newWorkshop(t)
		w.do("init")
		w.now = start.Add(24 * time.Hour)
		if err := os.WriteFile(filepath.Join(w.folder, changedFile), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		w.refuses("delete "+filepath.Join(w.folder, changedFile), command[0], command[1:]...)
	}
}

func TestOfTwoWhoRotateAtATimeOneDoes(t *testing.T) {
	w := newWorkshop(t)
	w.do("init")
	const rotators = 4
	errs := make(chan error, rotators)
	for i := range rotators {
		go func() {
			errs <- keysCommand(context.Background(), []string{"rotate", "-dir", w.folder}, start.Add(time.Hour+time.Duration(i)*time.Second), new(strings.Builder))
		}()
	}
	done := 0
	for range rotators {
		if <-errs == nil {
			done++
		}
	}
	if schedule := w.schedule(); done != 1 || len(schedule.Keys) != 2 {
		t.Errorf("%d have rotated, for %d keys", done, len(schedule.Keys))
	}
	for _, k := range w.schedule().Keys {
		if _, err := os.Stat(filepath.Join(w.folder, keyFile(k.Kid))); err != nil {
			t.Error(err)
		}
	}
}

func TestRotateMakesAKeyThatSignsOnceEverybodyKnowsIt(t *testing.T) {
	w := rotated(t)
	signs := w.now.Add(2*time.Hour + 10*time.Minute)
	schedule := w.schedule()
	for when, sign := range map[time.Time]string{w.now: firstKid, signs.Add(-time.Second): firstKid, signs: secondKid} {
		if plan := schedule.At(when); plan.Sign != sign || !slices.Equal(plan.Publish, []string{firstKid, secondKid}) {
			t.Errorf("at %v: %+v", when, plan)
		}
	}
	if plan := schedule.At(signs.Add(25 * time.Minute)); plan.Sign != secondKid || !slices.Equal(plan.Publish, []string{secondKid}) {
		t.Errorf("in the end: %+v", plan)
	}
}

func TestASpareKeyIsKnownLongBeforeItSignsAndTakesOverAtOnce(t *testing.T) {
	w := newWorkshop(t)
	w.do("init")
	w.publish()
	w.now = start.Add(24 * time.Hour)
	w.do("rotate", "-in", "720h")
	w.publish()
	signs := w.now.Add(720 * time.Hour)
	for when, sign := range map[time.Time]string{w.now: firstKid, signs.Add(-time.Second): firstKid, signs: secondKid} {
		if plan := w.schedule().At(when); plan.Sign != sign || !slices.Equal(plan.Publish, []string{firstKid, secondKid}) {
			t.Errorf("at %v: %+v", when, plan)
		}
	}
	w.now = w.now.Add(3 * time.Hour)
	w.do("revoke", firstKid)
	if plan := w.schedule().At(w.now); plan.Sign != secondKid || !slices.Equal(plan.Publish, []string{secondKid}) {
		t.Errorf("then: %+v", plan)
	}
	if printed := w.publish(); strings.Contains(printed, "WARNING") {
		t.Error(printed)
	}
}

func TestIfTheWholeFolderHasGotOutAllItsKeysCanBeRevoked(t *testing.T) {
	w := newWorkshop(t)
	w.do("init")
	w.now = start.Add(24 * time.Hour)
	w.do("rotate", "-in", "720h")
	w.publish()
	w.now = start.Add(48 * time.Hour)
	w.do("revoke", secondKid)
	w.do("rotate")
	w.do("revoke", firstKid)
	const newKid = "2030-01-04-030405"
	if plan := w.schedule().At(w.now); plan.Sign != newKid || !slices.Equal(plan.Publish, []string{newKid}) {
		t.Errorf("%+v", plan)
	}
	if printed := w.publish(); !strings.Contains(printed, "WARNING: "+newKid) || !slices.Equal(w.publishedKids(), []string{newKid}) {
		t.Errorf("published %q: %s", w.publishedKids(), printed)
	}
}

func TestAKeyCannotSignBeforeEverybodyCanKnowItIfSoTold(t *testing.T) {
	for _, in := range []string{"1h", "2h9m59s", "-1h"} {
		w := newWorkshop(t)
		w.do("init")
		w.now = start.Add(24 * time.Hour)
		w.refuses("let it sign at 2030-01-03T05:14:05Z or later", "rotate", "-in", in)
	}
}

func TestRotateBeforeTheLastKeySignsIsTooEarly(t *testing.T) {
	w := rotated(t)
	w.now = w.now.Add(2*time.Hour + 9*time.Minute)
	w.refuses("key \""+secondKid+"\" is to sign from 2030-01-03T05:14:05Z on", "rotate")
}

func TestRotateNamesTheFilesThatAreOfNoMoreUse(t *testing.T) {
	w := rotated(t)
	w.now = w.now.Add(24 * time.Hour)
	file := filepath.Join(w.folder, firstKid+".pem")
	if printed := w.do("rotate"); !strings.Contains(printed, file+" is of no more use to anybody: delete it.\n") {
		t.Error(printed)
	}
	if _, err := os.Stat(file); err != nil {
		t.Errorf("it has been deleted already: %v", err)
	}
}

func TestRotateDoesNotNameAFileThatHasBeenDeleted(t *testing.T) {
	w := rotated(t)
	w.now = w.now.Add(24 * time.Hour)
	if err := os.Remove(filepath.Join(w.folder, firstKid+".pem")); err != nil {
		t.Fatal(err)
	}
	if printed := w.do("rotate"); strings.Contains(printed, "delete it") {
		t.Error(printed)
	}
}

func TestTheOnlyKeyCannotBeRevoked(t *testing.T) {
	w := newWorkshop(t)
	w.do("init")
	w.refuses(`"keys rotate"`, "revoke", firstKid)
}

func TestAKeyThatIsNotThereCannotBeRevoked(t *testing.T) {
	w := newWorkshop(t)
	w.do("init")
	w.refuses(`there is no key "2029-12-31-000000"`, "revoke", "2029-12-31-000000")
}

func TestARevokedKeySignsNoMoreAndIsPublishedNoMore(t *testing.T) {
	for name, test := range map[string]struct{ revoked, left string }{
		"the one that signs":   {firstKid, secondKid},
		"the one that is next": {secondKid, firstKid},
	} {
		t.Run(name, func(t *testing.T) {
			w := rotated(t)
			w.publish()
			printed := w.do("revoke", test.revoked)
			if !strings.Contains(printed, test.revoked+" was revoked at 2030-01-03T03:04:05Z\n") || !strings.Contains(printed, "until 2030-01-03T05:04:05Z") {
				t.Error(printed)
			}
			if plan := w.schedule().At(w.now); plan.Sign != test.left || !slices.Equal(plan.Publish, []string{test.left}) {
				t.Errorf("%+v", plan)
			}
			// Nobody needs its file any more.
			if err := os.Remove(filepath.Join(w.folder, keyFile(test.revoked))); err != nil {
				t.Fatal(err)
			}
			w.publish()
			if kids := w.publishedKids(); !slices.Equal(kids, []string{test.left}) {
				t.Errorf("published %q", kids)
			}
		})
	}
}

func TestPublishWritesWhatAPIGatewayTakes(t *testing.T) {
	w := rotated(t)
	printed := w.publish()
	got := files(t, w.public)
	if len(got) != 2 {
		t.Errorf("wrote %d files", len(got))
	}
	if problems := jwks.CheckGateway(jwks.GatewayConfig{
		Issuer: issuerName, Audience: []string{audience},
		Discovery: []byte(got[".well-known/openid-configuration"]), JWKS: []byte(got[".well-known/jwks.json"]),
	}); problems != nil {
		t.Error(problems)
	}
	if private := regexp.MustCompile(`"(d|p|q|dp|dq|qi|oth|k)":`).FindString(got[".well-known/jwks.json"]); private != "" {
		t.Errorf("the set has a member %s", private)
	}
	set, err := keys.ParseJWKS([]byte(got[".well-known/jwks.json"]))
	if err != nil {
		t.Fatal(err)
	}
	for _, kid := range []string{firstKid, secondKid} {
		if _, err := set.VerificationKey(context.Background(), keys.Header{Algorithm: algorithm, Kid: kid}); err != nil {
			t.Errorf("%s: %v", kid, err)
		}
	}
	for _, want := range []string{"--content-type application/json", "'public, max-age=300'", "Publish again after 2030-01-03T05:39:05Z"} {
		if !strings.Contains(printed, want) {
			t.Errorf("no %s in %s", want, printed)
		}
	}
	for _, name := range []string{".well-known/openid-configuration", ".well-known/jwks.json"} {
		if info, err := os.Stat(filepath.Join(w.public, name)); err != nil || info.Mode()&^0o644 != 0 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
}

func TestAnIssuerWithAPathIsPublishedUnderThatPath(t *testing.T) {
	w := newWorkshop(t)
	w.do("init")
	printed := w.do("publish", "-issuer", issuerName+"/2", w.public)
	got := files(t, w.public)
	for _, name := range []string{"2/.well-known/openid-configuration", "2/.well-known/jwks.json"} {
		if got[name] == "" {
			t.Errorf("no %s", name)
		}
	}
	if !strings.Contains(printed, "s3://BUCKET/2/.well-known ") {
		t.Error(printed)
	}
}

func TestAnExpiredKeyIsPublishedNoMore(t *testing.T) {
	w := rotated(t)
	for _, test := range []struct {
		after time.Duration
		want  []string
	}{
		{2*time.Hour + 35*time.Minute - time.Second, []string{firstKid, secondKid}},
		{2*time.Hour + 35*time.Minute, []string{secondKid}},
	} {
		w.now = start.Add(24*time.Hour + test.after)
		w.publish()
		if kids := w.publishedKids(); !slices.Equal(kids, test.want) {
			t.Errorf("after %v: %q", test.after, kids)
		}
	}
}

func TestAKeyThatIsPublishedTooLateIsWarnedOf(t *testing.T) {
	const warning = "WARNING: " + secondKid
	for name, test := range map[string]struct {
		published []time.Duration // before that
		at        time.Duration
		warned    bool
	}{
		"published at once":              {nil, 0, false},
		"published within the margin":    {nil, 10 * time.Minute, false},
		"published when it is too late":  {nil, 10*time.Minute + time.Second, true},
		"published in time and again":    {[]time.Duration{time.Minute}, time.Hour, false},
		"published again when it signs":  {[]time.Duration{time.Minute}, 3 * time.Hour, false},
		"first published when it signs":  {nil, 3 * time.Hour, true},
		"warned of the last time it was": {[]time.Duration{time.Hour}, 2 * time.Hour, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorkshop(t)
			w.do("init")
			w.publish()
			w.now = start.Add(24 * time.Hour)
			w.do("rotate")
			for _, at := range test.published {
				w.now = start.Add(24*time.Hour + at)
				w.publish()
			}
			w.now = start.Add(24*time.Hour + test.at)
			if printed := w.publish(); strings.Contains(printed, warning) != test.warned {
				t.Error(printed)
			}
		})
	}
}

func TestTwoKeysOfOneSecondHaveTwoKids(t *testing.T) {
	w := newWorkshop(t)
	w.do("init")
	if printed := w.do("rotate"); !strings.Contains(printed, firstKid+"-2 is published") {
		t.Error(printed)
	}
	w.publish()
}

func TestWithoutAnIssuerTheOneToTryItWithIsPublished(t *testing.T) {
	w := newWorkshop(t)
	w.do("init")
	printed := w.do("publish", w.public)
	text, err := os.ReadFile(filepath.Join(w.public, ".well-known", "openid-configuration"))
	if err != nil || !strings.Contains(string(text), `"issuer":"`+issuerName+`"`) || !strings.Contains(printed, "Serve both at "+issuerName) {
		t.Errorf("%s, %v, after %s", text, err, printed)
	}
}

func TestWhatAPIGatewayWouldNotTakeIsNotPublished(t *testing.T) {
	for name, test := range map[string]struct {
		issuer, want string
	}{
		"no issuer":           {"", "say -issuer URL"},
		"a host":              {"login.example.com", "absolute https URL"},
		"http":                {"http://login.example.com", "use https"},
		"this machine":        {"http://127.0.0.1:8080", "use https"},
		"this machine, https": {"https://localhost", "use a public host"},
		"a query":             {issuerName + "?a=b", "query"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorkshop(t)
			w.do("init")
			w.refuses(test.want, "publish", "-issuer", test.issuer, w.public)
		})
	}
}

func TestNoPathOfAnIssuerLeadsOutOfTheFolder(t *testing.T) {
	w := newWorkshop(t)
	w.do("init")
	before := files(t, w.folder)
	_, _ = w.try("publish", "-issuer", issuerName+"/../../keys", w.public)
	wantFiles(t, w.folder, before)
	for name := range files(t, w.dir) {
		if !strings.HasPrefix(name, "keys/") && !strings.HasPrefix(name, "public/") {
			t.Errorf("wrote %s", name)
		}
	}
}

func TestPrivateKeysAreNotPublishedAlong(t *testing.T) {
	w := newWorkshop(t)
	w.do("init")
	link := filepath.Join(w.dir, "link")
	if err := os.Symlink(w.dir, link); err != nil {
		t.Fatal(err)
	}
	for name, public := range map[string]string{"into their folder": w.folder, "into the one around it": w.dir, "through a link": link} {
		t.Run(name, func(t *testing.T) {
			_, err := w.try("publish", "-issuer", issuerName, public)
			if err == nil || !strings.Contains(err.Error(), "publish into a folder without them") {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestAPrivateKeyThatOthersMayHaveReadIsNotUsed(t *testing.T) {
	for _, mode := range []fs.FileMode{0o644, 0o640, 0o604, 0o620} {
		w := newWorkshop(t)
		w.do("init")
		if err := os.Chmod(filepath.Join(w.folder, firstKid+".pem"), mode); err != nil {
			t.Fatal(err)
		}
		w.refuses("chmod 600", "publish", "-issuer", issuerName, w.public)
	}
}

func TestAFolderThatOthersMayUseIsNotUsed(t *testing.T) {
	for _, mode := range []fs.FileMode{0o755, 0o750, 0o701, 0o770} {
		w := newWorkshop(t)
		w.do("init")
		if err := os.Chmod(w.folder, mode); err != nil {
			t.Fatal(err)
		}
		for _, command := range [][]string{{"init"}, {"rotate"}, {"revoke", firstKid}, {"publish", "-issuer", issuerName, w.public}} {
			w.refuses("chmod 700", command[0], command[1:]...)
		}
	}
}

func TestKeysThatExpireBeforeTheTokensOfTodayAreNotUsed(t *testing.T) {
	w := newWorkshop(t)
	w.do("init")
	file := filepath.Join(w.folder, scheduleFile)
	text := strings.Replace(files(t, w.folder)[scheduleFile], `"15m0s"`, `"14m0s"`, 1)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	w.now = start.Add(24 * time.Hour)
	for _, command := range [][]string{{"rotate"}, {"publish", "-issuer", issuerName, w.public}} {
		w.refuses("has a token_lifetime of 14m0s, and tokens are good for 15m0s", command[0], command[1:]...)
	}
}

func TestAFolderThatIsDamagedIsSaidToBe(t *testing.T) {
	elliptic, err := keys.GeneratePrivateKey("ES256")
	if err != nil {
		t.Fatal(err)
	}
	text, err := elliptic.MarshalPrivatePEM()
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		file, text string // no text means no file
		want       string
	}{
		"no schedule":          {scheduleFile, "", `make the first with "keys init"`},
		"no JSON":              {scheduleFile, "keys", "schedule.json: rotation: schedule"},
		"half a schedule":      {scheduleFile, `{"token_lifetime": "15m", "keys": [`, "schedule.json: rotation: schedule"},
		"a member misspelled":  {scheduleFile, `{"token_life": "15m", "keys": []}`, "look for a misspelling"},
		"a kid with a path":    {scheduleFile, `{"token_lifetime": "15m", "keys": [{"kid": "../x", "publish": "2030-01-01T00:00:00Z", "sign": "2030-01-01T00:00:00Z"}]}`, "x.pem"},
		"no private key":       {firstKid + ".pem", "", firstKid + ".pem"},
		"no key in the file":   {firstKid + ".pem", "nothing", firstKid + ".pem"},
		"a key of another alg": {firstKid + ".pem", string(text), firstKid + ".pem"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorkshop(t)
			w.do("init")
			file := filepath.Join(w.folder, test.file)
			err := os.WriteFile(file, []byte(test.text), 0o600)
			if test.text == "" {
				err = os.Remove(file)
			}
			if err != nil {
				t.Fatal(err)
			}
			w.refuses(test.want, "publish", "-issuer", issuerName, w.public)
		})
	}
}

func TestWithoutKeysTheOtherCommandsSayHowToMakeThem(t *testing.T) {
	for _, command := range [][]string{{"rotate"}, {"revoke", firstKid}, {"publish", "-issuer", issuerName, "public"}} {
		newWorkshop(t).refuses(`make the first with "keys init"`, command[0], command[1:]...)
	}
}

func TestACommandThatIsNoneSaysWhatThereIs(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"none":                    {nil, "init, publish, secret, rotate or revoke"},
		"an unknown one":          {[]string{"rotat"}, `unknown command "rotat"`},
		"an unknown flag":         {[]string{"init", "-force"}, "-force"},
		"init with an argument":   {[]string{"init", "here"}, "1 arguments rather than 0"},
		"publish without folder":  {[]string{"publish", "-issuer", issuerName}, "0 arguments rather than 1"},
		"a flag at the end":       {[]string{"publish", "public", "-issuer", issuerName}, "flags come before them"},
		"revoke of nothing":       {[]string{"revoke"}, "0 arguments rather than 1"},
		"a flag of another":       {[]string{"init", "-in", "720h"}, "a flag of another command"},
		"no duration":             {[]string{"rotate", "-in", "month"}, "-in"},
		"a flag before a command": {[]string{"-dir", "x", "init"}, `unknown command "-dir"`},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			if err := keysCommand(context.Background(), test.args, start, &out); err == nil || !strings.Contains(err.Error(), test.want) || out.Len() > 0 {
				t.Errorf("error %v, printed %q", err, out.String())
			}
		})
	}
}

func TestHelpNamesTheCommands(t *testing.T) {
	for _, args := range [][]string{{"-h"}, {"-help"}, {"rotate", "-h"}} {
		var out strings.Builder
		if err := keysCommand(context.Background(), args, start, &out); err != nil || out.String() != keysUsage {
			t.Errorf("%q: %v, %q", args, err, out.String())
		}
	}
}
