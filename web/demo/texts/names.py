"""Names for Acme's customers, and the businesses that some of them buy coffee for. All invented."""

_FIRST_DE = """
Anna Lena Marie Sophie Laura Julia Lea Hannah Katharina Johanna Clara Emma Mia Greta Frieda Ida Paula Theresa
Franziska Charlotte Magdalena Antonia Luise Jana Nele Svenja Birgit Sabine Monika Petra Ursula Renate Heike
Aylin Elif Zeynep Fatima Leyla Mira Nadia Jonas Lukas Felix Leon Paul Max Jakob Emil Anton Moritz Tim Jan Niklas
David Simon Fabian Florian Tobias Matthias Stefan Thomas Andreas Michael Klaus Jürgen Wolfgang Uwe Günther Björn
Sören Emre Mehmet Can Deniz Milan Piotr Marek Nikola Ivan Luca Matteo
"""
_FIRST_EN = """
Aoife Ciara Niamh Saoirse Orla Sinéad Róisín Emma Grace Lucy Chloe Sophie Amelia Ella Hannah Kate Rachel Laura
Sarah Jessica Amy Megan Fiona Maeve Deirdre Priya Aisha Chidera Mei Jack James Conor Seán Oisín Cian Liam Noah
Daniel Adam Luke Ryan Ben Tom Harry Oliver George Patrick Declan Eoin Fergus Ronan Brendan Colm Kevin Mark Peter
Arjun Kwame Tunde Wei Marco Pavel Eimear Gráinne Callum Joseph
"""
_LAST_DE = """
Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch Bauer Richter Klein Wolf
Schröder Neumann Schwarz Zimmermann Braun Krüger Hofmann Hartmann Lange Schmitt Werner Krause Lehmann Köhler
Maier König Huber Kaiser Fuchs Peters Lang Scholz Möller Weiß Jung Hahn Schubert Vogel Friedrich Keller Günther
Frank Berger Winkler Roth Beck Lorenz Baumann Franke Albrecht Schuster Simon Ludwig Böhm Winter Kraus Martin
Schumacher Krämer Vogt Stein Jäger Otto Sommer Groß Seidel Heinrich Brandt Haas Graf Dietrich Ziegler Kuhn Kühn
Pohl Engel Horn Busch Bergmann Thomas Voigt Sauer Arnold Yılmaz Kaya Demir Şahin Nowak Kowalski Petrović Rossi
Nguyen Hoang
"""
_LAST_EN = """
Murphy Kelly O'Sullivan Walsh Smith O'Brien Byrne Ryan O'Connor O'Neill Reilly Doyle McCarthy Gallagher Doherty
Kennedy Lynch Murray Quinn Moore McLoughlin O'Carroll Connolly Daly O'Connell Wilson Dunne Brennan Burke Collins
Campbell Clarke Johnston Hughes Farrell Fitzgerald Brown Martin Maguire Nolan Flynn Thompson Callaghan O'Donnell
Duffy Mahony Boyle Healy Shea White Sweeney Hayes Kavanagh Power McGrath Moran Brady Stewart Casey Foley
Fitzpatrick Leary McDonnell MacMahon Donnelly Regan Taylor Jones Evans Patel Khan Okafor Mensah Chen Silva Novák
"""
_BUSINESSES = """
Bureau Nord
Kanzlei Hartwig
Studio Blaupause
Zahnarztpraxis am Markt
Buchhandlung Seitenwind
Hotel Alte Post
Restaurant Kastanie
Bäckerei Sonnenkorn
Werkstatt Zwölf
Agentur Feldblick
Klinik am Stadtpark
Tischlerei Eichhorn
Coworking Hinterhof
Kino Lichtspiel
Yogaraum Atempause
Architekturbüro Linie Drei
Spedition Rheinweg
Apotheke zur Linde
Verlag Morgenrot
Schule am Fluss
Liffey Legal
Harbour House Hotel
Northside Dental
Green Lane Studio
The Long Table
Quayside Books
Three Rivers Accounting
Foxglove Design
Stillwater Yoga
Corner Bakery Collective
Brightside Architects
Old Mill Coworking
Saltmarsh Seafood
Kestrel Cycles
Wexford Street Cinema
"""

FIRST = {"de": _FIRST_DE.split(), "en": _FIRST_EN.split()}
LAST = {"de": _LAST_DE.split(), "en": _LAST_EN.split()}
BUSINESSES = _BUSINESSES.strip().splitlines()
