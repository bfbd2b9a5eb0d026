package authorizertest_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
)

func TestTheCacheShowsItsEntriesWithTheirAges(t *testing.T) {
	w := watch(t, authorizer.AllowStage, nil, authorizertest.PanelConfig{})
	want(t, w.text("cache"), "uses an answer for 5 min again", "It is empty")
	w.call("GET /orders", w.token("ann", ""), "")
	w.forward(90 * time.Second)
	w.call("GET /orders", w.token("bob", ""), "")
	want(t, w.text("cache"), "eyJhbG….….", "bob request 2 GET /orders 0 s 5 min", "ann request 1 GET /orders 1 min 30 s 3 min 30 s")
	want(t, w.page("cache"), "Empty the cache (2)")
	w.forward(210 * time.Second)
	want(t, w.text("cache"), "bob", "not ann")
	want(t, w.page("cache"), "Empty the cache (1)")
}

func TestSectionsArePagesOfTheirOwn(t *testing.T) {
	start := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	calls := "7"
	w := watch(t, authorizer.AllowStage, nil, authorizertest.PanelConfig{Sections: func() []authorizertest.PanelSection {
		return []authorizertest.PanelSection{
			{Title: "KMS <i>", Text: "How often.", Figures: []authorizertest.PanelFigure{{Name: "Sign", Value: calls}}},
			{Title: "Keys", Timeline: []authorizertest.PanelSpan{
				{Name: "old", State: "published", From: start.Add(-time.Hour), To: start.Add(time.Hour)},
				{Name: "old", State: "signs", From: start.Add(-time.Hour), To: start},
				{Name: "older", State: "published", From: start.Add(-49*time.Hour - 30*time.Minute), To: start.Add(-90*time.Minute - 20*time.Second)},
				{Name: "new", State: "published", From: start.Add(-time.Minute)},
				{Name: "new", State: "signs", From: start.Add(2 * time.Hour)},
			}},
		}
	}})
	want(t, w.page(""), `<a href="section?number=0">KMS &lt;i&gt;</a>`, `<a href="section?number=1">Keys</a>`)
	want(t, w.text("section?number=0"), "How often. KMS <i> What How much Sign 7")
	calls = "8"
	want(t, w.text("section?number=0"), "Sign 8")
	text := w.text("section?number=1")
	want(t, text,
		"old published now 2 Jan 2030, 02:04:05 UTC 1 h ago 2 Jan 2030, 04:04:05 UTC in 1 h",
		"old signs over 2 Jan 2030, 02:04:05 UTC 1 h ago 2 Jan 2030, 03:04:05 UTC now",
		"older published over 31 Dec 2029, 01:34:05 UTC 2 d 1 h ago 2 Jan 2030, 01:33:45 UTC 1 h 30 min ago",
		"new published now 2 Jan 2030, 03:03:05 UTC 1 min ago without end",
		"new signs 2 Jan 2030, 05:04:05 UTC in 2 h without end")
	want(t, w.page("section?number=1"), `aria-label="published from 2 Jan 2030, 02:04:05 UTC to 2 Jan 2030, 04:04:05 UTC.`, `class="nowline"`, "not NaN")
}

func TestAPageThatIsNotThereIsA404(t *testing.T) {
	w := watch(t, authorizer.AllowStage, nil, authorizertest.PanelConfig{Sections: func() []authorizertest.PanelSection {
		return []authorizertest.PanelSection{{Title: "one"}}
	}})
	w.call("GET /orders", "", "")
	for path, want := range map[string]int{
		"section?number=0": 200, "section?number=1": 404, "section?number=-1": 404, "section?number=x": 404, "section": 404,
		"request?number=1": 200, "request?number=2": 404, "request?number=0": 404, "request?number=0x1": 404, "request": 404, "nowhere": 404,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+authorizertest.PanelPath+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if status, _ := w.do(req); status != want {
			t.Errorf("%s: %d, want %d", path, status, want)
		}
	}
}

func TestACachedSimpleAnswerShowsWhatItIs(t *testing.T) {
	w := watch(t, authorizer.AllowStage, func(c *authorizertest.Config) {
		c.Kind, c.EnableSimpleResponses = authorizer.HTTPFormat2, true
		c.Authorizer = func() (map[string]any, error) { return map[string]any{"isAuthorized": true}, nil }
	}, authorizertest.PanelConfig{})
	w.call("GET /orders", "opaque-reference-token", "")
	want(t, w.text("cache"), "Bearer"[:6]+"… isAuthorized: true request 1 GET /orders", "not opaque")
}

func TestTheBarsOfATimelineAreWhereTheirTimesAre(t *testing.T) {
	start := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	spans := []authorizertest.PanelSpan{
		{Name: "a", State: "published", From: start.Add(-4 * time.Hour), To: start.Add(4 * time.Hour)},
		{Name: "a", State: "signs", From: start.Add(-4 * time.Hour), To: start},
		{Name: "b", State: "retired", From: start.Add(time.Hour)},
	}
	w := watch(t, authorizer.AllowStage, nil, authorizertest.PanelConfig{Sections: func() []authorizertest.PanelSection {
		return []authorizertest.PanelSection{{Title: "Keys", Timeline: spans}}
	}})
	// Nine and a half hours: half an hour before the first and an hour after the last.
	want(t, w.page("section?number=0"),
		`<rect class="k0" x="5.26`, `width="84.21`, `<rect class="k1" x="5.26`, `width="42.10`, `<rect class="k2" x="57.89`, `width="42.10`,
		`<line class="nowline" x1="47.36`, `<i class="k2"></i> retired`)
	spans = spans[2:]
	w.forward(2 * time.Hour)
	want(t, w.page("section?number=0"), `<rect class="k0"`, "not NaN", `not class="k1" x`, `not  x="-`)
}
