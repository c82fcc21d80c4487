package local

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// members finds the processes of sessions that have not ended, by session. A session's id is that of its leader, and is
// given to nobody else while it has members.
func members(sessions []int) map[int][]int {
	found := map[int][]int{}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return groups(sessions)
	}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue // not a process
		}
		if id, alive := sessionOf(pid); alive && slices.Contains(sessions, id) {
			found[id] = append(found[id], pid)
		}
	}
	return found
}

// sessionOf reads a process's session, and whether it has not ended: see proc_pid_stat(5).
func sessionOf(pid int) (session int, alive bool) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0, false // it has ended meanwhile
	}
	after := strings.LastIndexByte(string(text), ')') // of the name, which may hold anything
	fields := strings.Fields(string(text[after+1:]))  // state, parent, group, session
	if len(fields) < 4 {
		return 0, false
	}
	session, err = strconv.Atoi(fields[3])
	return session, err == nil && fields[0] != "Z" && fields[0] != "X"
}
