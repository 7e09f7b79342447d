// SPDX-License-Identifier: Apache-2.0
export default `
# start | Getting started
Tillgång is an archive for pictures, films, sound and documents. Everything lies in folders, and the folders decide who may see and do what.
## The first time
- Open the sign-in link that you were given. It works once, within a day.
- Choose a password of at least 15 characters. Four or five words that do not belong together are easy to remember.
- Choose language, theme and how you want to be told of things under [My preferences](/preferences).
## Finding your way
On the left are the menu of screens and your folders. At the top are the search box, the button Upload, the bell with your notices, and your account. On narrow screens the menu is behind the menu button.
Press Ctrl+K to do something or go somewhere without looking for it. Press ? to see all shortcuts.
# library | The library
The library shows everything that you may see, the newest first. Choose a folder on the left to see only that.
## Three views
- Grid: pictures side by side. The slider changes their size.
- Table: a row for each file, with ordinary pages. It works best with a screen reader.
- Timeline: by when the file was taken or uploaded.
## With the keyboard
The arrow keys move between pictures, Enter opens, Space selects. Ctrl+A selects all results, Esc clears. When you come back from a file you stand where you were.
## Filters
Filters say how many files each choice gives. What you chose stands above the list and is removed one by one. The address in the browser carries it all: copy it to show somebody the same list.
## Work lists
Ready-made lists show what is new, what you uploaded, what lacks required fields or an alt decision, suspected duplicates, what expires soon and what could not be prepared.
# search | Searching
Write words in the search box. It looks in titles, descriptions, keywords, file names, people, places and the text of documents. Other forms of a word are found, too.
## Saying it more exactly
- "summer in the park" finds the words in a row.
- boat -sail finds boat but not sail.
- boat OR ferry finds either.
- tag:summer finds a keyword, ext:pdf a file ending, kind:video a kind.
- before:2024-06-01 and after:2024-01-01 narrow in time.
While you write, words that exist are offered. The builder helps you to put conditions together without knowing how they are written.
## Keeping a search
Save a search under a name to have it in the menu. If you share it, others find only what they may see themselves.
# select | Doing the same to many
Select by click, Shift for a row, Ctrl for single ones, or Space. A bar at the bottom says how many are selected and what you can do.
- Edit fields: fields with different values are shown as mixed. Add, remove or replace.
- Move, add to a collection, set keywords, delete, restore, download as ZIP, share.
- Set dates: from when and until when the files may be used.
The server does the work. You see how far it has come and can go on with something else. When it is done it says what changed, what was left and why, and you can undo it. Everything is under [My jobs](/jobs).
Whatever can be dragged can also be done in a dialog: choose Move.
# upload | Uploading
Drop files or folders anywhere, paste a picture, or press Upload. On a phone you can take a photo directly.
## While it goes on
The upload box follows you to other screens and survives a reload. Each file has its state and can be paused, retried or removed. Fill in fields meanwhile: they are set on all files.
## If the file is here already
You choose: use the one that is here, add yours as a new version, or keep both.
## If something goes wrong
If the connection breaks, the upload goes on where it was when the network is back. If a file cannot be prepared, its page says why, and the original is always kept.
# asset | The page of a file
The page shows a preview and everything that is known of the file.
## Fields
Each field says who or what set it: the file itself, a machine or a person. A machine never overwrites a person. Fields can have text in several languages. If somebody else changed something while you were writing, both changes are shown and you choose.
## Versions
Upload a new version when the file has changed. One version is the active one. You can compare two and go back to an earlier one.
## Relations
Connect files that belong together, such as a picture and its cut-out.
## History and access
History shows what changed and by whom. Under access you see why a certain person may see the file, and who has seen it.
# alt | Text alternatives
Whoever does not see the picture has the text alternative read out. Each picture needs a decision:
- Text alternative: say shortly what the picture says where it is used. Do not write "picture of".
- Decorative: the picture says nothing that is not in the text.
- Described beside it: the text next to the picture says it all.
- Complex: a long description is needed, as for a diagram.
The text is never filled in from the file's name. The list of pictures without a decision is among the work lists.
# crop | Cropping and focus
Choose a focal point and a crop for each format. You can drag in the picture, or type the measures and use the sliders: everything can be done with the keyboard. The previews show each format at once. The original never changes.
# review | Approval and comments
In folders that ask for it, a file goes from draft to review, approved and published. Drafts are seen only by those who may edit. The table on the file's page says who may take the next step.
Write comments on the file, answer, and mark them as resolved. Mention a colleague with @ and they get a notice. You can fix a comment to a place in the picture.
# collections | Collections
A collection is a list that you make. The files stay in their folders, and the collection gives no right to see them: everybody sees what they may.
- Chosen: add files and order them as you like, by dragging or with the buttons.
- Smart: a saved search that is always up to date.
# bin | The bin
What you delete goes to the bin and can be restored, whole folders with everything in them, too. After the number of days that the administrator chose, usually 14, it is destroyed. Collections and share links get their files back.
# duplicates | Duplicates
Equal files are found for certain, and similar pictures as suggestions. Compare them side by side and choose which one stays. Folders, keywords, collections and uses are joined, and the merge can be undone.
# links | Share links
Share files with somebody without an account. The link lives for 30 days if you choose nothing else.
- Delivery: the receiver fetches the files.
- Review: the receiver answers on each file.
- Selection: the receiver chooses files.
You can set one password for seeing and one for downloading, show a watermark, limit formats and counts, and see how the link is used. A link never gives more than you have yourself, and stops working when you revoke it.
# requests | Upload requests and the inbox
Ask somebody outside to send you files: make an upload request with a last day, terms, and the fields that you need. What comes in is seen by nobody until somebody has accepted it in the [inbox](/inbox).
# report | Usage report before a download
Some folders ask what you will use a file for, and some files have terms to accept. The answers are kept with the file, so that everybody can see where it is used.
# exchange | Fields as a table, and import
Take fields of files out as CSV, change them in a spreadsheet and read them in again. First comes a dry run that shows what would change, line by line. It can be undone.
Larger archives are read in by the program on the server: a folder with sidecar files (XMP) or an export of ResourceSpace.
# notices | Notices
The bell says how much is unread. A notice leads to what it is about. Under [Choose notices](/notices/preferences) you choose for each kind: in the app only, a mail at once, one mail a day, or nothing. What has to do with the safety of your account is always sent.
Mails never say what files or people are called. The link in the mail leads to the notice, where you see the rest when you have signed in.
# preferences | Your preferences
Choose language, theme, density and whether single keys do things. They follow you wherever you sign in. Change your password under your account: all other sessions end then.
## Installing as an app
In Chrome and Edge: choose Install in the address bar. On a phone: Add to home screen. Then you can share pictures from other apps directly to Tillgång. Without a network a page says so; nothing of the archive is kept on the device.
# keyboard | Keyboard and screen reader
Everything can be done with the keyboard. Tab moves between parts, F6 to messages. A link at the beginning of the page skips to the content.
- Ctrl+K: do something or go somewhere
- /: search
- ?: all shortcuts of the screen
- In the library: arrow keys, Space, Enter, Ctrl+A, Esc, F2 for the title, Delete for the bin
Single keys work only while the library has the focus, and can be turned off under [My preferences](/preferences). With a screen reader the table view is usually the easiest, and changes are told calmly.
# people | Accounts, groups and rights
For administrators. Invite colleagues by mail, or pass the link on in another way. Put them into groups and give groups roles in folders: whoever may see a folder may see everything below it, unless a folder breaks the inheritance.
Before you save you are shown what the change opens or closes, and to how many. An account that is deactivated is signed out at once; what the person has done stays.
# model | Fields, taxonomies and presets
For administrators. Add fields of your own, decide which are required in a folder, and build taxonomies to choose words from. Presets are named recipes for downloads: size, file type, crop, watermark, and which fields go along in the file.
# settings | Settings of the organisation, and contacts
For administrators. [Settings](/admin/settings) hold for everybody. What makes the archive less safe needs a reason and your password, and is told to the contact for incidents.
Name [contacts](/admin/contacts) for data protection, incidents, disturbances and accessibility. Confirm them once a year.
# operation | Operation: jobs, log, keys, statistics
For administrators. Jobs show what the server works on, what failed and why, and let you try again. The log shows everything that was done, by whom, and cannot be changed afterwards. API keys let other programs work in the archive. [Statistics](/admin/statistics) are counted once an hour and never count people.
`;
