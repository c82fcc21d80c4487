package platform

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/store"
)

// CreateApp makes an app that belongs to the actor, with a first release that runs nothing. With "" it makes up a name.
func (p *Platform) CreateApp(ctx context.Context, actor dynomad.Actor, name dynomad.AppName) (app dynomad.App, err error) {
	if actor.User == "" {
		return app, dynomad.Errorf(dynomad.KindForbidden, "an app needs an owner, and %s is no user", actor.Email).
			WithHint("create it with the token of a user")
	}
	if name != "" {
		if err := name.Valid(); err != nil {
			return app, err
		}
		return p.createApp(ctx, actor, name)
	}
	for range 5 { // two made-up names are rarely the same
		app, err = p.createApp(ctx, actor, madeUpName(p.NewID()))
		if dynomad.KindOf(err) != dynomad.KindConflict {
			break
		}
	}
	return app, err
}

func (p *Platform) createApp(ctx context.Context, actor dynomad.Actor, name dynomad.AppName) (app dynomad.App, err error) {
	now := p.now()
	app = dynomad.App{
		ID: dynomad.AppID(p.NewID()), Name: name, Owner: actor.User, OwnerEmail: actor.Email,
		Revision: 1, CreatedAt: now, UpdatedAt: now,
	}
	err = p.Store.Update(ctx, func(tx *store.Tx) error {
		if err := tx.PutApp(app); err != nil {
			return taken(err, name)
		}
		if err := p.tell(tx, app, actor, "Create app by "+actor.Email); err != nil {
			return err
		}
		if _, err := p.release(tx, actor, app, draft{description: "Initial release"}); err != nil {
			return err
		}
		app, err = tx.App(app.ID)
		return err
	})
	return app, err
}

func taken(err error, name dynomad.AppName) error {
	if dynomad.KindOf(err) != dynomad.KindConflict {
		return err
	}
	return dynomad.Errorf(dynomad.KindConflict, "the name %q is taken: %w", string(name), err).WithHint("choose another name")
}

var (
	madeUpFirst = []string{
		"amber", "autumn", "brave", "calm", "clear", "crisp", "dawn", "early", "fair", "gentle", "golden", "green", "hidden",
		"mellow", "misty", "mossy", "quiet", "rapid", "rough", "silent", "silver", "still", "sunny", "swift", "tidy", "warm", "young",
	}
	madeUpSecond = []string{
		"bay", "beach", "brook", "canyon", "cliff", "cove", "creek", "dune", "field", "forest", "garden", "glade", "harbor",
		"hill", "island", "lake", "meadow", "moor", "peak", "pine", "reef", "ridge", "river", "shore", "stone", "valley", "wood",
	}
)

// madeUpName turns a random id into a name such as calm-meadow-1234.
func madeUpName(id string) dynomad.AppName {
	sum := sha256.Sum256([]byte(id))
	number := func(at int) uint32 { return binary.BigEndian.Uint32(sum[at:]) }
	first := madeUpFirst[number(0)%uint32(len(madeUpFirst))]
	second := madeUpSecond[number(4)%uint32(len(madeUpSecond))]
	return dynomad.AppName(fmt.Sprintf("%s-%s-%04d", first, second, number(8)%10000))
}
