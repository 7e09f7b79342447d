// SPDX-License-Identifier: Apache-2.0
export default `
# start | Kom igång
Tillgång är ett arkiv för bilder, filmer, ljud och dokument. Allt ligger i mappar, och mapparna bestämmer vem som får se och göra vad.
## Första gången
- Öppna inloggningslänken som du har fått. Den fungerar en gång, inom ett dygn.
- Välj ett lösenord på minst 15 tecken. Fyra eller fem ord som inte hör ihop är lätta att minnas.
- Välj språk, tema och hur du vill få notiser under [Inställningar för mig](/preferences).
## Hitta runt
Till vänster finns menyn med skärmarna och dina mappar. Överst finns sökrutan, knappen Ladda upp, klockan med notiser och ditt konto. På smala skärmar ligger menyn bakom menyknappen.
Tryck Ctrl+K för att göra något eller gå någonstans utan att leta. Tryck ? för att se alla kortkommandon.
# library | Biblioteket
Biblioteket visar allt du får se, nyast först. Välj en mapp till vänster för att bara se den.
## Tre vyer
- Rutnät: bilder sida vid sida. Storleken ändras med reglaget.
- Tabell: en rad per fil, med vanliga sidor. Den fungerar bäst med skärmläsare.
- Tidslinje: efter när filen togs eller laddades upp.
## Med tangentbordet
Piltangenterna går mellan bilderna, Enter öppnar, blanksteg väljer. Ctrl+A väljer alla träffar, Esc avmarkerar. När du går tillbaka från en fil står du där du var.
## Filter
Filtren visar hur många filer varje val ger. Valen syns ovanför listan och tas bort ett i taget. Adressen i webbläsaren bär med sig allt: kopiera den för att visa någon samma lista.
## Arbetslistor
Färdiga listor visar det nya, det du har laddat upp, det som saknar obligatoriska uppgifter eller alt-beslut, misstänkta dubbletter, det som snart går ut och det som inte kunde beredas.
# search | Sök
Skriv ord i sökrutan. Sökningen hittar i titlar, beskrivningar, nyckelord, filnamn, personer, platser och i dokumentens text. Böjningar hittas också.
## Skriva mer exakt
- "sommar i parken" hittar orden i följd.
- båt -segel hittar båt men inte segel.
- båt OR färja hittar någondera.
- tag:sommar hittar ett nyckelord, ext:pdf en filändelse, kind:video ett slag.
- before:2024-06-01 och after:2024-01-01 begränsar i tid.
Medan du skriver föreslås ord som finns. Sökbyggaren hjälper dig att sätta ihop villkor utan att kunna skrivsättet.
## Spara en sökning
Spara en sökning under ett namn för att ha den i menyn. Delar du den ser andra bara det de själva får se.
# select | Välja flera och göra samma sak
Välj med klick, Skift för en följd, Ctrl för enstaka, eller blanksteg. Ett fält längst ner visar hur många som är valda och vad du kan göra.
- Redigera fält: fält med olika värden visas som blandade. Lägg till, ta bort eller ersätt.
- Flytta, lägg i en samling, sätt nyckelord, ta bort, återställ, ladda ner som ZIP, dela.
- Sätt datum: från när och till när filerna får användas.
Servern gör arbetet. Du ser hur långt det har kommit och kan gå vidare till annat. När det är klart står det vad som ändrades, vad som lämnades och varför, och du kan ångra. Allt finns under [Mina jobb](/jobs).
Att dra och släppa går alltid också att göra med en dialog: välj Flytta.
# upload | Ladda upp
Släpp filer eller mappar var som helst, klistra in en bild, eller tryck Ladda upp. På telefonen kan du ta ett foto direkt.
## Medan det laddas upp
Rutan för uppladdningar följer med till andra skärmar och överlever att sidan laddas om. Varje fil har sitt läge, och kan pausas, göras om eller tas bort. Fyll i uppgifter under tiden: de sätts på alla filer.
## Om filen redan finns
Du väljer: använd den som finns, lägg till som ny version, eller behåll båda.
## Om något går fel
Bryts anslutningen fortsätter uppladdningen där den var när nätet är tillbaka. Kan en fil inte beredas står varför på filens sida, och originalet är alltid sparat.
# asset | Filens sida
Sidan visar en förhandsvisning och allt som är känt om filen.
## Fält
Varje fält visar vem eller vad som satte det: filen själv, en maskin eller en person. En maskin skriver aldrig över en person. Fält kan ha text på flera språk. Har någon annan ändrat medan du skrev visas bådas ändringar och du väljer.
## Versioner
Ladda upp en ny version när filen har ändrats. En version är den som gäller. Du kan jämföra två och gå tillbaka till en tidigare.
## Samband
Knyt ihop filer som hör ihop, till exempel en bild och dess urklipp.
## Historik och åtkomst
Historiken visar vad som ändrats och av vem. Under åtkomst ser du varför en viss person får se filen, och vem som har sett den.
# alt | Alternativtext
Den som inte ser bilden får alternativtexten uppläst. Varje bild behöver ett beslut:
- Alternativtext: säg kort vad bilden säger där den används. Skriv inte ”bild av”.
- Dekorativ: bilden säger inget som inte står i texten.
- Beskriven intill: texten bredvid bilden säger allt.
- Komplex: en lång beskrivning behövs, till exempel för ett diagram.
Texten fylls aldrig i från filnamnet. Listan över bilder utan beslut finns bland arbetslistorna.
# crop | Beskära och sätta fokus
Välj fokuspunkt och beskärning per format. Du kan dra i bilden, eller skriva måtten med siffror och använda reglagen: allt går med tangentbordet. Förhandsvisningarna visar varje format direkt. Originalet ändras aldrig.
# review | Godkännande och kommentarer
I mappar som kräver det går en fil från utkast till granskning, godkänd och publicerad. Utkast ser bara de som får redigera. Tabellen på filens sida visar vem som får ta nästa steg.
Skriv kommentarer på filen, svara och markera som löst. Nämn en kollega med @ så får hon en notis. Du kan fästa en kommentar vid en plats i bilden.
# collections | Samlingar
En samling är en lista som du gör. Filerna ligger kvar i sina mappar, och samlingen ger ingen rätt att se dem: var och en ser det hon får.
- Valda: lägg till filer och ordna dem som du vill, med dra och släpp eller med knapparna.
- Smarta: en sparad sökning som alltid är aktuell.
# bin | Papperskorgen
Det du tar bort hamnar i papperskorgen och kan återställas, också hela mappar med allt i. Efter det antal dagar som administratören har valt, vanligen 14, förstörs det. Samlingar och webblänkar får tillbaka sina filer.
# duplicates | Dubbletter
Lika filer hittas säkert, och liknande bilder som förslag. Jämför dem sida vid sida och välj vilken som ska finnas kvar. Mappar, nyckelord, samlingar och användningar förs ihop, och sammanslagningen går att ångra.
# links | Webblänkar
Dela filer med någon utan konto. Länken gäller i 30 dagar om du inte väljer annat.
- Leverans: mottagaren hämtar filerna.
- Granskning: mottagaren svarar på varje fil.
- Urval: mottagaren väljer ut filer.
Du kan sätta ett lösenord för att se och ett för att ladda ner, visa med vattenstämpel, begränsa format och antal, och se hur länken används. En länk ger aldrig mer än du själv får, och slutar fungera när du drar tillbaka den.
# requests | Uppladdningslänkar och inkorgen
Be någon utanför skicka filer till dig: gör en uppladdningslänk med ett sista datum, villkor och de uppgifter du behöver. Det som kommer in syns för ingen förrän någon har tagit emot det i [inkorgen](/inbox).
# report | Användningsrapport före nedladdning
Vissa mappar kräver att du säger vad du ska använda filen till, och vissa filer har villkor att godkänna. Svaren sparas med filen så att alla kan se var den används.
# exchange | Uppgifter som tabell, och import
Ta ut uppgifter om filer som CSV, ändra i ett kalkylprogram och läs in igen. Först görs en torrkörning som visar vad som skulle ändras, rad för rad. Det går att ångra.
Större arkiv läses in med programmet på servern: en mapp med sidofiler (XMP) eller ett uttag ur ResourceSpace.
# notices | Notiser
Klockan visar hur mycket som är oläst. En notis leder till det den gäller. Under [Välj notiser](/notices/preferences) väljer du för varje slag: bara i appen, ett brev direkt, ett brev om dagen, eller inget. Det som rör ditt kontos säkerhet skickas alltid.
Breven säger aldrig vad filer eller personer heter. Länken i brevet leder till notisen, där du ser resten när du har loggat in.
# preferences | Inställningar för dig
Välj språk, tema, täthet och om enkla tangenter ska göra något. Valen följer dig vart du än loggar in. Byt lösenord under ditt konto: då avslutas alla andra sessioner.
## Installera som app
I Chrome och Edge: välj Installera i adressfältet. På telefonen: Lägg till på hemskärmen. Sedan kan du dela bilder från andra appar direkt till Tillgång. Utan nät visas en sida som säger det; inget av arkivet sparas på enheten.
# keyboard | Tangentbord och skärmläsare
Allt går att göra med tangentbordet. Tab går mellan delarna, F6 till meddelanden. En länk först på sidan hoppar till innehållet.
- Ctrl+K: gör något eller gå någonstans
- /: sök
- ?: alla kortkommandon på skärmen
- I biblioteket: piltangenter, blanksteg, Enter, Ctrl+A, Esc, F2 för titel, Delete för papperskorgen
Enkla tangenter fungerar bara när biblioteket har fokus och kan stängas av under [Inställningar för mig](/preferences). Med skärmläsare: tabellvyn är oftast lättast, och förändringar läses upp lugnt.
# people | Konton, grupper och rättigheter
För administratörer. Bjud in kollegor med e-post, eller ge dem länken på annat sätt. Samla dem i grupper och ge grupper roller i mappar: den som får se en mapp får se allt under den, om inte mappen bryter arvet.
Innan du sparar visas vad ändringen öppnar eller stänger, för hur många. Ett konto som avaktiveras loggas ut genast; det som personen har gjort finns kvar.
# model | Fält, taxonomier och format
För administratörer. Lägg till egna fält, bestäm vilka som är obligatoriska i en mapp, och bygg taxonomier att välja ord ur. Format är namngivna recept för nedladdning: storlek, filtyp, beskärning, vattenstämpel och vilka uppgifter som följer med i filen.
# settings | Organisationens inställningar och kontakter
För administratörer. [Inställningar](/admin/settings) gäller alla. Det som gör arkivet mindre säkert kräver ett skäl och ditt lösenord, och incidentkontakten får veta det.
Ange [kontakter](/admin/contacts) för dataskydd, incidenter, driftstörningar och tillgänglighet. Bekräfta dem en gång om året.
# operation | Drift: jobb, logg, nycklar, statistik
För administratörer. Jobb visar vad servern arbetar med, vad som misslyckades och varför, och låter dig försöka igen. Loggen visar allt som gjorts, av vem, och kan inte ändras i efterhand. API-nycklar låter andra program arbeta i arkivet. [Statistiken](/admin/statistics) räknas en gång i timmen och räknar aldrig personer.
`;
