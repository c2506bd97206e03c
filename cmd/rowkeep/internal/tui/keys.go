//go:build !wasip1

package tui

import "charm.land/bubbles/v2/key"

// A command is what a key does, and what the help says of it.
type command struct {
	key.Binding
	short string // in the last line of the screen; "" where the help alone has it
	do    func(m *model)
}

func bind(keys []string, shown, short, help string, do func(*model)) command {
	return command{key.NewBinding(key.WithKeys(keys...), key.WithHelp(shown, help)), short, do}
}

// onOne is a command for the conflict that is looked at. When the file changes there may be
// none left.
func onOne(do func(*model)) func(*model) {
	return func(m *model) {
		if m.s.Len() == 0 {
			m.message = noneLeft
			return
		}
		do(m)
	}
}

// commands are all keys of the main screen, in the order of the help. Those without a help
// of their own are told of in the line above.
func commands() []command {
	return []command{
		bind([]string{"o", "1"}, "o", "ours", "take ours", onOne((*model).takeOurs)),
		bind([]string{"t", "2"}, "t", "theirs", "take theirs", onOne((*model).takeTheirs)),
		bind([]string{"b", "3"}, "b", "base", "take base, as before both changes", onOne((*model).takeBase)),
		bind([]string{"e", "enter"}, "e", "edit", "give another value", onOne((*model).edit)),
		bind([]string{"a"}, "a", "all", "answer all that are left, or all of this kind, column or row", onOne((*model).askAll)),
		bind([]string{"x", "delete"}, "x", "", "withdraw the answer", onOne((*model).withdraw)),
		bind([]string{"u", "ctrl+z"}, "u", "undo", "undo the last answer", (*model).undo),
		bind([]string{"n", "space"}, "n", "next", "go to the next conflict without an answer", (*model).next),
		bind([]string{"p"}, "p", "", "go to the one before it", (*model).previous),
		bind([]string{"j", "down"}, "j, k, arrows", "", "go down and up the list", func(m *model) { m.move(1) }),
		bind([]string{"k", "up"}, "k", "", "", func(m *model) { m.move(-1) }),
		bind([]string{"pgdown", "ctrl+d"}, "page down, up", "", "go down or up a page", func(m *model) { m.move(m.listHeight()) }),
		bind([]string{"pgup", "ctrl+u"}, "page up", "", "", func(m *model) { m.move(-m.listHeight()) }),
		bind([]string{"g", "home"}, "g, G", "", "go to the first, to the last", func(m *model) { m.move(-m.s.Len()) }),
		bind([]string{"G", "end"}, "G", "", "", func(m *model) { m.move(m.s.Len()) }),
		bind([]string{"/"}, "/", "", "search keys, columns and values; again with an empty line", (*model).search),
		bind([]string{"tab"}, "tab", "", "list or row, where the window is narrow", func(m *model) { m.showList = !m.showList }),
		bind([]string{"w", "ctrl+s"}, "w", "write", "write what the answers make of the file", (*model).write),
		bind([]string{"q", "esc"}, "q", "quit", "quit and leave everything as it was", (*model).quit),
		bind([]string{"?", "h", "f1"}, "?", "help", "this help", func(m *model) { m.mode = helping }),
	}
}
