"""The routes, by what they are about; each module makes one router."""
