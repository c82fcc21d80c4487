package templates

import "embed"

// Pages holds pages/page.html, the one layout of what the router answers by itself: title, words, hint, code and request id.
// Its data is package router's; the words stand in router/decide.go and router/failure.go.
//
//go:embed pages
var Pages embed.FS
