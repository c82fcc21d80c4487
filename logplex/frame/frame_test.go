package frame_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/dynomad/dynomad/logplex/frame"
)

var chunk = frame.Chunk{
	Source: frame.Source{Alloc: "8f", Task: "v 12", Stream: "stdout"}, Group: "web", Index: 1,
	Start: frame.Position{File: 3, Offset: 100}, End: frame.Position{File: 3, Offset: 107},
	Time: time.Date(2026, 11, 23, 8, 0, 0, 5000, time.UTC), Bytes: []byte("one\ntwo"),
}

func TestAChunkOnTheWire(t *testing.T) {
	wire := chunk.Append(nil)
	want := "8f web 1 v%2012 stdout 3:100 3:107 1795420800000005 0 7\none\ntwo"
	if diff := cmp.Diff(want, string(wire)); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	got, rest, err := frame.Next(append(wire, "more"...))
	if err != nil || string(rest) != "more" {
		t.Fatalf("rest %q, %v", rest, err)
	}
	if diff := cmp.Diff(chunk, got); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
}

func TestNextRefusesWhatDoesNotFit(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"no line", strings.Repeat("x", 3000), "starts with a line"},
		{"too few fields", "a b c\n", "3 fields"},
		{"a negative number", "a web -1 v1 stdout 0:0 0:1 5 0 1\nx", `"-1" is not a number`},
		{"fewer bytes than it says", "a web 0 v1 stdout 0:0 0:9 5 0 9\nx", "has only 1"},
		{"bytes that do not reach its end", "a web 0 v1 stdout 0:0 0:2 5 0 1\nx", "do not reach"},
		{"an end before its start", "a web 0 v1 stdout 2:0 1:1 5 0 1\nx", "do not reach"},
		{"more of the next file than it has", "a web 0 v1 stdout 0:0 1:2 5 0 1\nx", "do not reach"},
		{"a loss that goes nowhere", "a web 0 v1 stdout 1:0 1:0 5 7 0\n", "a loss"},
		{"a name that is not encoded", "a%zz web 0 v1 stdout 0:0 0:1 5 0 1\nx", "is not a name"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := frame.Next([]byte(tt.in))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

// A source is two files; whatever way it is cut into chunks and whatever of them is sent again, what lies After the stored
// position adds up to the source.
func TestAnythingMayBeSentAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		files := [2][]byte{
			rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "first"),
			rapid.SliceOfN(rapid.Byte(), 1, 20).Draw(t, "second"),
		}
		whole := bytes.Join(files[:], nil)
		place := func(i int) frame.Position {
			if i <= len(files[0]) {
				return frame.Position{File: 0, Offset: int64(i)}
			}
			return frame.Position{File: 1, Offset: int64(i - len(files[0]))}
		}
		var stored frame.Position
		var got []byte
		reached := 0
		for reached < len(whole) {
			from := rapid.IntRange(0, reached).Draw(t, "from")
			to := rapid.IntRange(from, len(whole)).Draw(t, "to")
			c := frame.Chunk{Start: place(from), End: place(to), Bytes: whole[from:to]}
			news := c.After(stored)
			if c.End.Compare(stored) > 0 {
				stored = news.End
			}
			got = append(got, news.Bytes...)
			reached = max(reached, to)
		}
		if !bytes.Equal(whole, got) {
			t.Fatalf("%q arrived as %q", whole, got)
		}
	})
}

func TestALossIsToldWholeOrNotAtAll(t *testing.T) {
	loss := frame.Chunk{Start: frame.Position{File: 1, Offset: 5}, End: frame.Position{File: 4}, Lost: 99}
	if got := loss.After(frame.Position{File: 2, Offset: 7}); got.Lost != 99 {
		t.Errorf("half-way: lost %d, want 99", got.Lost)
	}
	if got := loss.After(frame.Position{File: 4}); got.Lost != 0 || got.Start != got.End {
		t.Errorf("afterwards: %+v, want nothing", got)
	}
}

func TestAcksRoundTrip(t *testing.T) {
	want := []frame.Ack{
		{Source: chunk.Source, Position: frame.Position{File: 3, Offset: 107}},
		{Source: frame.Source{Alloc: "8f", Task: "v12", Stream: "stderr"}},
	}
	got, err := frame.ParseAcks(want[1].Append(want[0].Append(nil)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := frame.ParseAcks([]byte("a b c\n")); err == nil {
		t.Error("three fields were taken for an acknowledgement")
	}
}

func FuzzNext(f *testing.F) {
	f.Add(chunk.Append(nil), int64(3), int64(102))
	f.Fuzz(func(t *testing.T, body []byte, file, offset int64) {
		c, rest, err := frame.Next(body)
		if err != nil {
			return
		}
		if len(c.Bytes)+len(rest) >= len(body) {
			t.Errorf("%d bytes became %d and %d", len(body), len(c.Bytes), len(rest))
		}
		if news := c.After(frame.Position{File: file, Offset: offset}); len(news.Bytes) > len(c.Bytes) {
			t.Errorf("cutting %+v grew it", c)
		}
		again, _, err := frame.Next(c.Append(nil))
		if err != nil || !cmp.Equal(c, again) {
			t.Errorf("%+v came back as %+v, %v", c, again, err)
		}
	})
}
