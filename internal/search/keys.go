// SPDX-License-Identifier: Apache-2.0

package search

import (
	"strings"

	"tillgang/internal/asset"
)

// keyNames says which names of keys, in the five languages and lower case,
// mean which key. What stands in neither this table nor among the names of
// fields is text.
var keyNames = names(map[string]string{
	"title":       "titel rubrik tittel otsikko",
	"description": "beskrivning beskrivelse kuvaus",
	"alt":         "alttext alt-text alttekst",
	"name":        "file filnamn filnavn tiedostonimi filename",
	"text":        "dokumenttext tekst teksti",
	"tag":         "tags tagg taggar keyword keywords nyckelord etikett nøkkelord emneord nøgleord avainsana avainsanat",
	"person":      "persons people personer henkilö henkilöt",
	"creator":     "photographer fotograf upphov opphav ophav kuvaaja",
	"city":        "stad ort sted kaupunki",
	"country":     "land maa",
	"taken":       "captured tagen tatt taget kuvattu fotograferad date datum dato päivä",
	"uploaded":    "added uppladdad lastet_opp uploadet ladattu",
	"by":          "av af uppladdare lataaja",
	"type":        "typ filtyp filtype tyyppi format ext filändelse",
	"kind":        "slag laji",
	"state":       "status tillstånd tilstand tila",
	"approval":    "godkännande godkjenning godkendelse hyväksyntä",
	"size":        "storlek størrelse koko",
	"width":       "bredd bredde leveys",
	"height":      "höjd høyde højde korkeus",
	"duration":    "längd lengde længde varighet varighed kesto",
	"folder":      "mapp mappe kansio",
	"sha256":      "hash kontrollsumma",
	"sensitive":   "känslig känsligt sensitiv følsom arkaluonteinen",
	"owner":       "ägare eier ejer omistaja ansvarig",
	"expires":     "utgår går_ut utløper udløber vanhenee",
	"is":          "är er on",
	"has":         "har sisältää",
	"no":          "missing without saknar utan mangler uten uden puuttuu ilman",
})

func names(of map[string]string) map[string]string {
	out := map[string]string{}
	for key, others := range of {
		out[key] = key
		for n := range strings.FieldsSeq(others) {
			out[n] = key
		}
	}
	return out
}

// Keys whose words stand in texts of a weight, and the field behind a key.
var (
	keyWeights = map[string]string{"title": "A", "description": "B", "alt": "B", "name": "D"}
	keyFields  = map[string]string{"person": "persons", "creator": "creator", "city": "city", "country": "country"}
)

// states, kinds and what an asset can have, by their names in the five languages.
var (
	stateNames = names(map[string]string{
		"ready":       "klar klart ferdig færdig valmis",
		"preparing":   "förbereds forberedes valmistellaan",
		"failed":      "misslyckad mislykket epäonnistunut",
		"quarantined": "karantän karantene karantæne karanteeni",
		"expired":     "utgången utløpt udløbet vanhentunut",
		"embargoed":   "embargo spärrad sperret",
	})
	approvalNames = names(map[string]string{
		"draft":     "utkast kladde luonnos",
		"review":    "granskning gjennomgang gennemsyn tarkistus",
		"approved":  "godkänd godkjent godkendt hyväksytty",
		"published": "publicerad publisert publiceret julkaistu",
		"expired":   "utgången utløpt udløbet vanhentunut",
		"archived":  "arkiverad arkivert arkiveret arkistoitu",
	})
	kindNames = names(map[string]string{
		string(asset.Image):    "picture photo images bild bilder bilde billede billeder kuva kuvat foto",
		string(asset.Video):    "film videos filmer filmi",
		string(asset.Audio):    "sound ljud lyd ääni",
		string(asset.Document): "documents dokument dokumenter asiakirja",
		string(asset.Archive):  "arkiv arkisto",
		string(asset.Font):     "typsnitt skrift skrifttype fontti",
		string(asset.Other):    "annat annet andet muu",
	})
	isNames = names(map[string]string{
		"new":         "ny nya nytt nye uusi uudet",
		"mine":        "min mina mitt mine omat",
		"incomplete":  "ofullständig ufuldstændig ufullstendig puutteellinen",
		"no-alt":      "utan-alt uten-alt uden-alt ilman-alt",
		"duplicate":   "duplicates dubblett dubletter dublett duplikat kaksoiskappale",
		"expiring":    "utgående utløper udløber vanhenemassa",
		"expired":     "utgången utløpt udløbet vanhentunut",
		"embargoed":   "embargo spärrad sperret",
		"failed":      "misslyckad mislykket epäonnistunut",
		"quarantined": "karantän karantene karantæne karanteeni",
	})
	nobodyNames = names(map[string]string{"nobody": "none ingen ei-kukaan"})
	hasNames    = names(map[string]string{
		"alt":         "alttext alt-text alttekst",
		"title":       "titel rubrik tittel otsikko",
		"description": "beskrivning beskrivelse kuvaus",
		"keywords":    "tag tags tagg taggar keyword nyckelord nøkkelord emneord nøgleord avainsana avainsanat",
		"persons":     "person people personer henkilö henkilöt",
		"creator":     "photographer fotograf kuvaaja",
		"captured_on": "taken date captured tagen datum dato päivä",
		"text":        "dokumenttext tekst teksti",
		"consent":     "samtycke samtykke suostumus",
		"expiry":      "expires slutdatum utløp udløb",
		"embargo":     "spärr sperre",
		"sensitive":   "känslig sensitiv følsom arkaluonteinen",
	})
	yesNames = names(map[string]string{"yes": "true 1 ja kyllä", "no": "false 0 nej nei ei"})
	meNames  = names(map[string]string{"me": "mig meg minä jag"})
)
