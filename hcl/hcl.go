// Package hcl reads and writes HCL, and is the only one that does.
//
// What people write, it reads: an app's dynomad.hcl (Manifest) and the files in templates/process (Template), in one schema,
// which stands in schema.go. Every problem of a file is reported at once, with its line and, where a name is only
// misspelt, the name that was meant.
//
//	process "web" {
//	  quantity     = 2             # dynos at the first deploy; later `dynomad ps:scale` decides
//	  size         = "standard-2x" # or cpu (MHz) and memory (MiB)
//	  command      = "bin/serve"   # instead of the Procfile's
//	  env          = { GREETING = "hello" }
//	  surge        = true          # a second set beside the first during a deploy
//	  drain_delay  = "2s"          # between losing the route and the signal
//	  kill_signal  = "SIGTERM"
//	  kill_timeout = "30s"
//
//	  check {                      # web only
//	    kind     = "http"          # or "tcp"
//	    path     = "/health"
//	    interval = "1s"
//	    timeout  = "2s"
//	  }
//	  update     { min_healthy_time, healthy_deadline, progress_deadline }
//	  restart    { attempts, delay, interval }
//	  reschedule { delay, max_delay }
//	  disconnect { lost_after }
//	}
//
// What Nomad runs, it prints: FormatJob gives a job as jobspec text that `nomad job run` takes and that Nomad reads back as
// the same job. The text is made from the job and never parsed back by us, so nothing that a user wrote can break out
// of its string.
package hcl
