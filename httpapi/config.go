package httpapi

import "github.com/dynomad/dynomad"

func (a *API) config(c *call) (any, error) {
	config, err := a.Platform.Config(c.ctx(), c.actor, c.app())
	return showConfig(config), err
}

// configure sets config vars; null removes one. The answer is all of them.
func (a *API) configure(c *call) (any, error) {
	var changes map[string]*string
	if err := c.decode(&changes); err != nil {
		return nil, err
	}
	config, err := a.Platform.Configure(c.ctx(), c.actor, c.app(), changes)
	return showConfig(config), err
}

func (a *API) releaseConfig(c *call) (any, error) {
	config, err := a.Platform.ReleaseConfig(c.ctx(), c.actor, c.app(), c.r.PathValue("release"))
	return showConfig(config), err
}

// showConfig makes "none" an empty object rather than null.
func showConfig(config dynomad.Config) dynomad.Config {
	if config == nil {
		return dynomad.Config{}
	}
	return config
}
