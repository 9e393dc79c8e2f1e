"""What the next reading should be: scaling, the recurrent cells, the forecast and its bounds."""
