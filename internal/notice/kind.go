// SPDX-License-Identifier: Apache-2.0

package notice

// Kind is a sort of thing that people are told of.
type Kind string

// The kinds.
const (
	Mentioned        Kind = "mentioned"         // in a comment
	Commented        Kind = "commented"         // on something of one's own
	ApprovalAsked    Kind = "approval_asked"    // one may approve
	ApprovalDecided  Kind = "approval_decided"  // of what one has handed in
	JobDone          Kind = "job_done"          // that one started
	JobFailed        Kind = "job_failed"        // that one started
	AssetFailed      Kind = "asset_failed"      // that one uploaded
	AssetExpiring    Kind = "asset_expiring"    // that one uploaded: within 30, 7 or 1 days
	LinkAnswered     Kind = "link_answered"     // a share link of one's own was commented or reviewed
	LinkSelected     Kind = "link_selected"     // somebody has chosen by a share link of one's own
	LinkExpiring     Kind = "link_expiring"     // a share link of one's own
	RequestDelivered Kind = "request_delivered" // something came in by an upload request of one's own
	InvitationFailed Kind = "invitation_failed" // one's invitation could not be delivered
	ContactsReview   Kind = "contacts_review"   // nobody has looked at the contacts for a year
	Disturbance      Kind = "disturbance"       // the server does not work as it should

	// What has to do with the safety of accounts. Nobody can turn these off.

	LinkMade         Kind = "link_made"         // a sign-in link to one's account
	PasswordSet      Kind = "password_set"      // of one's account
	AddressChanged   Kind = "address_changed"   // of one's account; told to the old one
	SecurityWeakened Kind = "security_weakened" // a setting of the tenant
)

// Mails that are no notices.
const (
	digest     Kind = "digest"
	invitation Kind = "invitation"
)

// Way is how somebody wants to be told of a kind.
type Way string

// The ways. Whatever is not off is in the app, too.
const (
	App    Way = "app"
	Mail   Way = "mail"   // at once
	Digest Way = "digest" // in the day's mail
	Off    Way = "off"
)

// Ways are all of them.
var Ways = []Way{App, Mail, Digest, Off}

// rule says how a kind is told.
type rule struct {
	kind   Kind
	usual  Way  // where somebody has chosen nothing
	secure bool // about the safety of an account: always by mail, and also of one's own deeds
}

// rules are all kinds, in the order they are shown.
var rules = []rule{
	{Mentioned, Mail, false},
	{Commented, Digest, false},
	{ApprovalAsked, Mail, false},
	{ApprovalDecided, Mail, false},
	{LinkAnswered, Mail, false},
	{LinkSelected, Mail, false},
	{LinkExpiring, Digest, false},
	{RequestDelivered, Mail, false},
	{AssetExpiring, Digest, false},
	{AssetFailed, App, false},
	{JobDone, App, false},
	{JobFailed, App, false},
	{InvitationFailed, Mail, false},
	{ContactsReview, Digest, false},
	{Disturbance, Mail, false},
	{LinkMade, Mail, true},
	{PasswordSet, Mail, true},
	{AddressChanged, Mail, true},
	{SecurityWeakened, Mail, true},
}

// ruleOf returns the rule of a kind; false: there is none.
func ruleOf(k Kind) (rule, bool) {
	for _, r := range rules {
		if r.kind == k {
			return r, true
		}
	}
	return rule{}, false
}
