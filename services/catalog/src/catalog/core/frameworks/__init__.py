"""Reading the packages that skills frameworks are published as. Pure: nothing is fetched, nothing is stored."""
