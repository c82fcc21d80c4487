//go:build !linux

package local

// members finds the sessions that have a process left. Only their first process groups can be asked for.
func members(sessions []int) map[int][]int { return groups(sessions) }
