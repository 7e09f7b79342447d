// SPDX-License-Identifier: Apache-2.0

package madeup

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
)

// zipf draws ranks whose frequency falls as 1/(rank+8).
type zipf []float64

func newZipf(n int) *zipf {
	z := make(zipf, n)
	sum := 0.0
	for i := range z {
		sum += 1 / math.Pow(float64(i+8), 1.05)
		z[i] = sum
	}
	return &z
}

func (z zipf) next(r *rand.Rand) int {
	i, _ := slices.BinarySearch(z, r.Float64()*z[len(z)-1])
	return min(i, len(z)-1)
}

// vocabulary makes some 9,000 words: common ones, and compounds of the parts
// that Nordic languages build theirs from.
func vocabulary(r *rand.Rand) []string {
	var rare []string
	for a := range strings.FieldsSeq(fronts) {
		for b := range strings.FieldsSeq(backs) {
			rare = append(rare, a+b)
		}
	}
	r.Shuffle(len(rare), func(i, j int) { rare[i], rare[j] = rare[j], rare[i] })
	first := strings.Fields(common)
	r.Shuffle(len(first), func(i, j int) { first[i], first[j] = first[j], first[i] })
	all := append(first, rare...)
	return all
}

const common = `och att det som en på är av för med till den har de inte om ett han men var jag sig från vi så kan när år där
här under efter eller nu dag över vid ut hur stad kommun skola barn sommar vinter höst vår natt kväll morgon vatten sjö hav skog
berg fjäll älv å bro väg gata torg park trädgård blomma träd gräs himmel sol måne stjärna regn snö is vind människa kvinna man
flicka pojke familj vän personal möte invigning konsert festival marknad jul påsk midsommar valborg student lärare läkare sjuksköterska
brandman polis idrott fotboll ishockey skidor simning löpning cykel bil buss tåg båt flyg hamn station bibliotek museum kyrka slott
rådhus bostad hus lägenhet byggnad arkitektur konst musik teater dans film bok bild logotyp affisch broschyr rapport porträtt
gruppbild pressbild produktbild arkiv historia framtid miljö klimat energi återvinning mat frukt grönsaker bröd fisk kött kaffe
ikke jeg hun skole barnehage fjord fjell elv veg kveld morgen vår høst kommune sykehus brann helse arbeid båt havn bibliotek
kirke museum bilde bilder fiskebåt sjø hav natur friluftsliv vandring ski fotball håndball kor korps nasjonaldag ungdom eldre
lapsi koulu kaupunki kesä talvi syksy kevät järvi meri metsä vesi lumi talo kirjasto museo kirkko juna laiva ihminen perhe ystävä
terveys liikunta musiikki taide kuva valokuva muotokuva tapahtuma kokous avajaiset juhla
city school children summer winter autumn spring water lake sea forest mountain river bridge road street square park garden flower
people woman man family friend meeting opening concert festival market teacher doctor nurse police sport football hockey swimming
running bicycle car bus train boat harbour station library museum church castle house building architecture art music theatre dance
film book picture logo poster brochure report portrait group press product archive history future environment climate energy`

const fronts = `skol barn stads kommun sommar vinter höst vår natt sjö havs skogs berg fjäll älv bro väg gatu park trädgårds
blom träd sol snö is vind familje folk idrotts fotbolls skid sim cykel bil buss tåg båt flyg hamn stations biblioteks musei
kyrko slotts bostads bygg konst musik teater dans film bok bild affisch press produkt arkiv miljö klimat energi mat frukt fisk
kaffe fjord kveld helse brann sykehus ungdoms nasjonal hytte øy kyst by land gård råd`

const backs = `gård hus fest dag kväll väg gata plats plan hall bana bro port torg park skog mark vatten strand vik ö udde by
stad bygd kår lag grupp ledare chef mästare elev vän kamrat resa färd tävling match final utställning visning öppning
invigning möte kurs skola lärare bok bild film kort karta plan ritning rapport plakat skylt märke flagga krans blomma träd
sten båt vagn tåg buss cykel räddning vård hjälp tjänst arbete liv`

var names = []string{"Åsa", "Björn", "Karin", "Søren", "Mette", "Aino", "Väinö", "Ingrid", "Lars", "Øystein", "Nils", "Elin", "Sara", "Per", "Anna"}

var cities = []string{"Göteborg", "Malmö", "Luleå", "Umeå", "Östersund", "Oslo", "Tromsø", "Bodø", "København", "Århus", "Helsinki", "Jyväskylä", "Stockholm", "Uppsala", "Växjö"}
